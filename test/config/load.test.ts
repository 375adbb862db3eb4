import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { settings } from '../../config/schema.ts';
import { type Said, TestProcess } from '../helpers/processes.ts';

const secrets = { JWT_SECRET: 's'.repeat(32), OPERATOR_TOKEN: 'o'.repeat(16) };

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
  return [];
}

describe('loading the configuration', () => {
  it('gives every setting its default, and freezes them', () => {
    const config = loadConfig(secrets);
    expect(config).to.include({ PORT: 8000, HOST: '127.0.0.1', BASE_PATH: '', DATA_DIR: '.data', SHARDS: 1 });
    expect(config).to.include({
      OPEN_SIGNUP: true,
      RATE_LIMITS: 'on',
      KEY_RATE: 0,
      USER_RATE: 100,
      USER_BURST: 500,
    });
    expect(config).to.include({ IDEMPOTENCY_WINDOW: 3600, RECONCILE_CRON: '*/10 * * * * *', TRUST_PROXY: 0 });
    expect(Object.keys(config)).to.have.members(Object.keys(settings));
    expect(Object.isFrozen(config)).to.equal(true);
  });

  it('lists every fault at once, each by its name', () => {
    const faults = {
      PORT: '70000',
      SHARDS: '0',
      NODE_ENV: 'prod',
      OPEN_SIGNUP: 'maybe',
      RATE_LIMITS: 'yes',
      IDEMPOTENCY_WINDOW: '1 hour',
      BASE_PATH: 'chat/',
      DATABASE_URL: 'mysql://x',
      REDIS_URL: 'http://x',
      JWT_SECRET: 'short',
      OPERATOR_TOKEN: 'short',
      KEY_RATE: '1.5',
      LOG_LEVEL: 'loud',
    };
    const problems = problemsOf(faults);
    for (const name of Object.keys(faults))
      expect(
        problems.filter((problem) => problem.startsWith(`${name} `)),
        name,
      ).to.have.length(1);
    expect(problems).to.have.length(Object.keys(faults).length);
    expect(problems.join('\n')).not.to.contain('short');
    expect(() => loadConfig(faults)).to.throw(/13 fault/);
  });

  it('reads spans of time in every unit as seconds', () => {
    const seconds = { '90': 90, '90s': 90, '15m': 900, '2h': 7200, '1d': 86_400 };
    for (const [text, expected] of Object.entries(seconds))
      expect(loadConfig({ ...secrets, IDEMPOTENCY_WINDOW: text }).IDEMPOTENCY_WINDOW, text).to.equal(
        expected,
      );
    for (const text of ['0', '0s', '-1s', '1w', '1.5h', 's', '1 s', '1h30m', '1e3'])
      expect(problemsOf({ ...secrets, IDEMPOTENCY_WINDOW: text }), text).to.have.length(1);
  });

  it('refuses spans of time that are over their maximum, however they are written', () => {
    const most = {
      IDEMPOTENCY_WINDOW: ['30d', '720h', '2592000', '31d', '721h', '2592001', '999999999d'],
      SEARCH_TIMEOUT: ['10s', '10', '9s', '11s', '1m', '1h'],
      SHUTDOWN_GRACE: ['1h', '60m', '3600s', '61m', '3601', '2h', '1d'],
    };
    for (const [name, spans] of Object.entries(most))
      for (const [i, span] of spans.entries()) {
        const problems = problemsOf({ ...secrets, [name]: span });
        expect(problems, `${name} ${span}`).to.deep.equal(
          i < 3 ? [] : [`${name} must not be over ${spans[0]}`],
        );
      }
  });

  it('reads lists, numbers and flags', () => {
    const { CORS_ORIGINS, PORT, OPEN_SIGNUP } = loadConfig({
      ...secrets,
      CORS_ORIGINS: ' https://a.example , ,https://b.example,',
      PORT: '9000',
      OPEN_SIGNUP: 'false',
    });
    expect(CORS_ORIGINS).to.deep.equal(['https://a.example', 'https://b.example']);
    expect([PORT, OPEN_SIGNUP]).to.deep.equal([9000, false]);
    expect(loadConfig(secrets).CORS_ORIGINS).to.deep.equal([]);
  });

  it('takes an empty variable as unset', () => {
    expect(loadConfig({ ...secrets, PORT: '', NODE_ENV: '', CORS_ORIGINS: '' })).to.include({
      PORT: 8000,
      NODE_ENV: 'development',
    });
  });

  it('stops production that has no secrets of its own', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).to.deep.equal([
      'JWT_SECRET must be set in production',
      'OPERATOR_TOKEN must be set in production',
    ]);
    expect(problemsOf({ NODE_ENV: 'production', JWT_SECRET: secrets.JWT_SECRET })).to.have.length(1);
    expect(loadConfig({ NODE_ENV: 'production', ...secrets })).to.include(secrets);
  });

  it('documents every setting, with a default that it would take itself', () => {
    for (const [name, schema] of Object.entries(settings)) {
      const { description, default: preset } = schema as { description?: string; default?: unknown };
      expect(description, name).to.match(/^.{10,}[.]$/);
      expect(preset, name).not.to.equal(undefined);
      expect(problemsOf({ ...secrets, [name]: String(preset) }), name).to.deep.equal([]);
    }
  });
});

describe('secrets of a development machine', () => {
  let dir: string;
  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'anteroom-config-')), 'data');
  });
  afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

  it('are generated once, for their owner only', () => {
    const first = loadConfig({ DATA_DIR: dir });
    expect(first.JWT_SECRET).to.match(/^\w{64}$/);
    expect(first.OPERATOR_TOKEN.length).to.be.at.least(32);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).to.equal(0o600);
    expect(loadConfig({ DATA_DIR: dir })).to.deep.equal(first);
    expect(loadConfig({ DATA_DIR: `${dir}2` }).JWT_SECRET).not.to.equal(first.JWT_SECRET);
  });

  it('are the same for processes that start at the same time', async () => {
    const rounds = 600;
    mkdirSync(dir);
    const env = { SECRETS_IN: dir, ROUNDS: String(rounds) };
    const twins = [1, 2].map(() => new TestProcess('test/config/secrets-in-step.ts', env));
    try {
      for (const twin of twins) await twin.line('ready');
      writeFileSync(`${dir}/draft`, String(Date.now() + 50));
      renameSync(`${dir}/draft`, `${dir}/go`);
      const [one, two] = (await Promise.all(twins.map((twin) => twin.line('done')))) as [Said, Said];
      expect(one.kept).to.have.length(rounds);
      expect(one.kept).to.deep.equal(two.kept);
      for (const kept of one.kept as string[]) expect(kept).to.match(/^\w{64} op_\w{36}$/);
      for (let round = 0; round < rounds; round++)
        expect(readdirSync(join(dir, String(round)))).to.deep.equal(['secrets.json']);
    } finally {
      for (const twin of twins) await twin.kill();
    }
  });

  it('give way to the ones that are set, and are not made when both are', () => {
    expect(loadConfig({ DATA_DIR: dir, ...secrets })).to.include(secrets);
    expect(existsSync(join(dir, 'secrets.json'))).to.equal(false);
    const { JWT_SECRET, OPERATOR_TOKEN } = loadConfig({ DATA_DIR: dir, JWT_SECRET: secrets.JWT_SECRET });
    expect(JWT_SECRET).to.equal(secrets.JWT_SECRET);
    expect(JSON.parse(readFileSync(join(dir, 'secrets.json'), 'utf8')).OPERATOR_TOKEN).to.equal(
      OPERATOR_TOKEN,
    );
  });
});
