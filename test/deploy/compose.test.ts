import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadConfig } from '../../config/load.ts';
import { productionSecrets, settings } from '../../config/schema.ts';
import {
  composeFile,
  environmentOf,
  exampleValues,
  fill,
  requiredVariables,
  type Service,
} from './compose-file.ts';
import { Dockerfile } from './dockerfile.ts';

const { services, volumes } = composeFile();
const values = exampleValues();
const defaults = settings as Record<string, { default?: unknown }>;
const own = ['migrate', 'api', 'worker', 'scheduler'];
const processes = ['api', 'worker', 'scheduler'];

const imageOf = ({ build }: Service) => Dockerfile.read(build!.dockerfile);

const isHealthChecked = (service: Service) =>
  !service.healthcheck?.disable &&
  Boolean(service.healthcheck ?? (service.build && imageOf(service).healthcheck));

const secondsOf = (span = '') => Number(/^(\d+)s$/.exec(span)?.[1]);

describe('docker-compose.yaml', () => {
  it('has the stores and every role', () => {
    expect(services).to.have.all.keys('postgres', 'redis', ...own);
  });

  it('builds the images that the Dockerfiles describe, and names releases of the others', () => {
    for (const name of own) {
      const { context, dockerfile } = services[name]!.build!;
      expect(context).to.equal('.');
      expect(existsSync(dockerfile), dockerfile).to.equal(true);
    }
    expect(services.migrate!.build).to.deep.equal(services.api!.build);
    for (const name of ['postgres', 'redis']) expect(services[name]!.image).to.match(/^\w+:\d+$/);
  });

  it('runs commands that are in the images', () => {
    for (const name of processes) expect(services[name]!.command, name).to.equal(undefined);
    expect(services.migrate!.command).to.deep.equal([
      ...['node', '--enable-source-maps', 'scripts/migrate.ts', 'deploy'],
    ]);
    expect(imageOf(services.migrate!).files).to.include('scripts/migrate.ts');
  });

  it('starts stores, migrations, workers and the API in this order', () => {
    const waitsFor = (name: string) =>
      Object.fromEntries(
        Object.entries(services[name]!.depends_on ?? {}).map(([on, { condition }]) => [on, condition]),
      );
    const stores = {
      postgres: 'service_healthy',
      redis: 'service_healthy',
      migrate: 'service_completed_successfully',
    };
    expect(waitsFor('migrate')).to.deep.equal({ postgres: 'service_healthy' });
    expect(waitsFor('worker')).to.deep.equal(stores);
    expect(waitsFor('scheduler')).to.deep.equal(stores);
    expect(waitsFor('api')).to.deep.equal({ ...stores, worker: 'service_healthy' });
  });

  it('waits only for what can come', () => {
    for (const { depends_on = {} } of Object.values(services))
      for (const [name, { condition }] of Object.entries(depends_on)) {
        if (condition === 'service_healthy') expect(isHealthChecked(services[name]!), name).to.equal(true);
        else expect(services[name]!.restart, name).to.equal('no');
      }
  });

  it('sets only settings, each to something that is accepted', () => {
    for (const name of own) {
      const service = services[name]!;
      for (const key of Object.keys(service.environment!)) expect(settings, name).to.have.property(key);
      if (name === 'migrate') continue;
      const config = loadConfig({ ...imageOf(service).env, ...environmentOf(service, values) });
      expect(config).to.include({ NODE_ENV: 'production', HOST: '0.0.0.0', SHARDS: 8 });
    }
    expect(Object.keys(services.postgres!.environment!)).to.have.members(
      ['USER', 'DB', 'PASSWORD'].map((name) => `POSTGRES_${name}`),
    );
  });

  it('hands all processes the same settings', () => {
    for (const name of processes)
      expect(services[name]!.environment).to.deep.equal(services.api!.environment);
    expect(services.migrate!.environment).to.deep.equal({
      DATABASE_URL: services.api!.environment!.DATABASE_URL,
    });
  });

  it('hands settings on that are given from outside, and the defaults otherwise', () => {
    const { env } = imageOf(services.api!);
    const given = environmentOf(services.api!, { ...values, TRUST_PROXY: '1', BASE_PATH: '/chat' });
    expect(loadConfig({ ...env, ...given })).to.include({ TRUST_PROXY: 1, BASE_PATH: '/chat' });
    const untouched = environmentOf(services.api!, values);
    expect(loadConfig({ ...env, ...untouched })).to.include({ TRUST_PROXY: 0, BASE_PATH: '' });
  });

  it('points at its own stores', () => {
    const { DATABASE_URL = '', REDIS_URL = '' } = environmentOf(services.api!, values);
    const database = new URL(DATABASE_URL);
    const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = environmentOf(services.postgres!, values);
    expect([database.hostname, database.username, database.password, database.pathname]).to.deep.equal([
      ...['postgres', POSTGRES_USER, POSTGRES_PASSWORD, `/${POSTGRES_DB}`],
    ]);
    expect(new URL(REDIS_URL).hostname).to.equal('redis');
    const probe = services.postgres!.healthcheck!.test!;
    expect(probe).to.include.members(['pg_isready', POSTGRES_USER, POSTGRES_DB]);
  });

  it('keeps no secret, and says which one is missing', () => {
    expect([...requiredVariables().keys()]).to.have.members(['POSTGRES_PASSWORD', ...productionSecrets]);
    for (const [name, message] of requiredVariables()) {
      expect(message, name).to.match(/\.env/);
      const { [name]: _, ...others } = values;
      const texts = Object.values(services).flatMap(({ environment = {} }) => Object.values(environment));
      const start = () => texts.map((text) => fill(String(text), others));
      expect(start, name).to.throw(`${name} is missing`);
    }
  });

  it('publishes the API’s port alone, on this machine alone', () => {
    for (const [name, { ports }] of Object.entries(services))
      if (name !== 'api') expect(ports, name).to.equal(undefined);
    const [port, ...others] = services.api!.ports!;
    expect(others).to.deep.equal([]);
    const [address, host, container] = fill(port!, {}).split(':');
    expect(address).to.equal('127.0.0.1');
    expect(container).to.equal(imageOf(services.api!).one('EXPOSE').rest);
    expect(host).to.equal(String(defaults.PORT?.default));
  });

  it('runs Redis so that it forgets nothing', () => {
    const flags = services.redis!.command!.join(' ');
    expect(flags).to.match(/^redis-server /);
    expect(flags).to.contain('--appendonly yes').and.to.contain('--appendfsync everysec');
    expect(flags).to.contain('--maxmemory-policy noeviction');
  });

  it('keeps the data of both stores in volumes', () => {
    expect(services.postgres!.volumes).to.deep.equal(['postgres:/var/lib/postgresql']);
    expect(services.redis!.volumes).to.deep.equal(['redis:/data']);
    expect(Object.keys(volumes)).to.have.members(['postgres', 'redis']);
  });

  it('starts again what dies, and gives it time to end', () => {
    for (const [name, { restart }] of Object.entries(services))
      expect(restart, name).to.equal(name === 'migrate' ? 'no' : 'unless-stopped');
    const grace = secondsOf(String(defaults.SHUTDOWN_GRACE?.default));
    for (const name of processes)
      expect(secondsOf(services[name]!.stop_grace_period), name).to.be.above(grace);
    // Else the two could drift apart.
    expect(services.api!.environment).not.to.have.property('SHUTDOWN_GRACE');
  });

  it('can run any number of workers and schedulers', () => {
    for (const [name, { container_name }] of Object.entries(services))
      expect(container_name, name).to.equal(undefined);
  });
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const names = [...text.matchAll(/^(\w+)=(.*)$/gm)];

  it('lists what is required, and no values', () => {
    expect(names.map(([, name]) => name)).to.have.members([...requiredVariables().keys()]);
    for (const [, name, value] of names) expect(value, name).to.equal('');
  });

  it('says something about each', () => {
    expect(text.match(/^# .+\n(# .+\n)*\w+=$/gm)).to.have.length(names.length);
  });
});
