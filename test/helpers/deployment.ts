// A deployment under test: its own database and Redis prefix, parts started in this process or as real processes.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import knex, { type Knex } from 'knex';
import { pino } from 'pino';
import { knexConfig } from '../../config/database.ts';
import { loadConfig } from '../../config/load.ts';
import { createHttpServer, listen } from '../../src/http/server-limits.ts';
import type { Entry } from '../../src/lib/run-entry.ts';
import { Shutdown } from '../../src/lib/shutdown.ts';
import { type ShardKeys, shardKeys } from '../../src/storage/keys.ts';
import { wireApi } from '../../src/wire.ts';
import { wireScheduler } from '../../workers/wire-scheduler.ts';
import { wireWorker } from '../../workers/wire-worker.ts';
import { type Client, createClient } from './client.ts';
import { createDatabase, redisUrl } from './databases.ts';
import { waitUntil } from './wait-until.ts';

export const OPERATOR = 'operator-token-of-the-tests';

export interface Api {
  client: Client;
  origin: string;
  stop(): Promise<void>;
}

export interface TestApplication {
  token: string;
  key: string;
  /** `/applications/<token>` */
  path: string;
}

/** Everything that waits in the outboxes is applied, and the job queues are empty. */
export class Deployment {
  readonly env: Record<string, string>;
  readonly knex: Knex;
  /** For looking at the stores from outside. */
  readonly redis: Redis;
  readonly #drop: () => Promise<void>;
  readonly #stops: (() => Promise<unknown>)[] = [];

  private constructor(env: Record<string, string>, drop: () => Promise<void>) {
    this.env = env;
    this.#drop = drop;
    this.knex = knex(knexConfig(env.DATABASE_URL!));
    this.redis = new Redis(env.REDIS_URL!);
  }

  /** @param settings beyond the tests' own, such as `{ SHARDS: '2' }` */
  static async create(settings: Record<string, string> = {}): Promise<Deployment> {
    const database = await createDatabase();
    const env = {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl(),
      REDIS_PREFIX: `t${randomBytes(5).toString('hex')}`,
      JWT_SECRET: 'a-secret-that-only-the-tests-know-of',
      OPERATOR_TOKEN: OPERATOR,
      RECONCILE_CRON: '* * * * * *',
      ...settings,
    };
    return new Deployment(env, database.drop);
  }

  get shutdownOrder(): number {
    return this.#stops.length;
  }

  keys(shard = 0): ShardKeys {
    return shardKeys(this.env.REDIS_PREFIX!, shard);
  }

  #entry(settings: Record<string, string>): Entry {
    const config = loadConfig({ ...this.env, ...settings });
    const log = pino({ level: config.LOG_LEVEL });
    return { config, log, shutdown: new Shutdown(log, 10) };
  }

  async #start(settings: Record<string, string>, wire: (entry: Entry) => Promise<unknown>) {
    const entry = this.#entry(settings);
    const stop = () => entry.shutdown.run();
    this.#stops.unshift(stop);
    await wire(entry);
    return stop;
  }

  /** A worker in this process. */
  async worker(settings: Record<string, string> = {}): Promise<{ stop(): Promise<void> }> {
    return { stop: await this.#start(settings, wireWorker) };
  }

  /** A scheduler in this process. */
  async scheduler(settings: Record<string, string> = {}): Promise<{ stop(): Promise<void> }> {
    return { stop: await this.#start(settings, wireScheduler) };
  }

  /** An API in this process, on a free port. */
  async api(settings: Record<string, string> = {}): Promise<Api> {
    let address: AddressInfo | undefined;
    let basePath = '';
    const stop = await this.#start(settings, async (entry) => {
      const server = createHttpServer(await wireApi(entry));
      address = await listen(server, { host: '127.0.0.1', port: 0 });
      basePath = entry.config.BASE_PATH;
      entry.shutdown.add('server', async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      });
    });
    const origin = `http://127.0.0.1:${address?.port}${basePath}`;
    return { client: await createClient(origin), origin, stop };
  }

  /** A worker and an API in this process, the shards open. */
  async start(settings: Record<string, string> = {}): Promise<Api> {
    await this.worker(settings);
    return this.api(settings);
  }

  /** A real process running `file`; killed at the end if it still lives. */
  spawn(file: string, settings: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.env, ...settings } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.#stops.unshift(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    });
    return child;
  }

  /** An application with its key, made through `client`. */
  async application(client: Client, name = 'Test'): Promise<TestApplication> {
    const { body } = await client.post('/applications', { body: { name } });
    return { token: body.token, key: body.access_token, path: `/applications/${body.token}` };
  }

  /** Waits until Postgres has applied everything that Redis has in its outboxes. */
  async settled(limitMs = 15_000): Promise<void> {
    await waitUntil(
      'outbox applied',
      async () => {
        for (const row of await this.knex('outbox_offsets').select('shard', 'last_id')) {
          const [newest] = await this.redis.xrevrange(this.keys(row.shard).outbox, '+', '-', 'COUNT', 1);
          if (newest && newest[0] !== row.last_id) return false;
        }
        return true;
      },
      limitMs,
    );
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.knex.destroy();
    this.redis.disconnect();
    await this.#drop();
  }
}
