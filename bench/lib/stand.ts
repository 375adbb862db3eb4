// The test stand: stores of its own in a temporary folder, processes started from files, all of it ended afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startPostgres } from '../../scripts/embedded/postgres.ts';
import { startRedis } from '../../scripts/embedded/redis.ts';
import { logTail, type Store } from '../../scripts/embedded/store-process.ts';
import { Cleanup } from '../../scripts/lib/cleanup.ts';
import { migrateAndSeed } from '../../scripts/lib/database.ts';
import { endProcess, signal } from '../../scripts/lib/processes.ts';
import { onStopSignals } from '../../scripts/lib/stop-signals.ts';
import { repoRoot } from '../../scripts/lib/stores.ts';

/** A database cloned from the migrated one and a Redis prefix, so that every measure begins alike. */
export interface Place {
  /** Settings of every process that works there. */
  env: Record<string, string>;
  pool: pg.Pool;
  drop(): Promise<void>;
}

export interface Process {
  pid: number;
  /** Rejects with the end of its log when it ends although nobody asked it to. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

export interface StandOptions {
  /** Whether Postgres waits for the disk, as it must in a measure that counts. */
  fsync: boolean;
  /** Settings of Postgres beyond those of `npm start`; the server is started a second time for them. */
  postgresSettings?: Record<string, string>;
}

const GRACE_MS = 30_000;

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
};

export class Stand {
  readonly dir: string;
  readonly #cleanup: Cleanup;
  #postgres: Store;
  readonly #redis: Store;
  #count = 0;

  private constructor(dir: string, cleanup: Cleanup, postgres: Store, redis: Store) {
    this.dir = dir;
    this.#cleanup = cleanup;
    this.#postgres = postgres;
    this.#redis = redis;
  }

  static async start(cleanup: Cleanup, { fsync, postgresSettings = {} }: StandOptions): Promise<Stand> {
    const dir = mkdtempSync(join(tmpdir(), 'anteroom-bench-'));
    cleanup.add({ stop: () => rmSync(dir, { recursive: true, force: true }) });
    const guard = (store: Store, killBy: NodeJS.Signals) => {
      cleanup.add({ stop: store.stop, kill: () => signal(store.pid, killBy) });
      return store;
    };
    const postgresDir = join(dir, 'postgres');
    const [postgres, redis] = await Promise.all([
      startPostgres({ dir: postgresDir, fsync }).then((store) => guard(store, 'SIGQUIT')),
      startRedis({ dir: join(dir, 'redis') }).then((store) => guard(store, 'SIGKILL')),
    ]);
    const stand = new Stand(dir, cleanup, postgres, redis);
    await migrateAndSeed(postgres.url);
    const settings = Object.entries(postgresSettings);
    if (settings.length > 0) {
      for (const [name, value] of settings) await stand.#admin(`ALTER SYSTEM SET ${name} = '${value}'`);
      await postgres.stop();
      stand.#postgres = guard(await startPostgres({ dir: postgresDir, fsync }), 'SIGQUIT');
    }
    return stand;
  }

  get postgresUrl(): string {
    return this.#postgres.url;
  }

  get redisUrl(): string {
    return this.#redis.url;
  }

  async #admin(...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: withDatabase(this.#postgres.url, 'postgres') });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async place(): Promise<Place> {
    const name = `bench_${++this.#count}`;
    await this.#admin(`CREATE DATABASE ${name} TEMPLATE anteroom`);
    const url = withDatabase(this.#postgres.url, name);
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    pool.on('error', () => {});
    const drop = async () => {
      await pool.end();
      await this.#admin(`DROP DATABASE ${name} WITH (FORCE)`);
      const redis = new Redis(this.#redis.url);
      await redis.flushall();
      redis.disconnect();
    };
    const env = {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      DATABASE_URL: url,
      REDIS_URL: this.#redis.url,
      REDIS_PREFIX: name,
      JWT_SECRET: randomBytes(32).toString('hex'),
      OPERATOR_TOKEN: randomBytes(16).toString('hex'),
      LOG_LEVEL: 'warn',
    };
    return { env, pool, drop };
  }

  /** Lets Postgres write out what earlier work left in its memory, so that no measure pays for another. */
  checkpoint(): Promise<void> {
    return this.#admin('CHECKPOINT');
  }

  /** Starts `file` of this checkout; it is ended with the stand at the latest. */
  start(file: string, env: Record<string, string>, nodeArgs: string[] = []): Process {
    const logFile = join(this.dir, `${++this.#count}.log`);
    const log = openSync(logFile, 'a');
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [...nodeArgs, '--import', 'tsx', file], {
      ...{ cwd: repoRoot, detached: true, stdio: ['ignore', log, log] },
      env: { PATH, HOME, ...env },
    }) as ChildProcess & { pid: number };
    closeSync(log);
    let isStopping = false;
    const exited = once(child, 'exit');
    const failed = exited.then(() => {
      if (isStopping) return new Promise<never>(() => {});
      throw new Error(`${file} ended with ${child.signalCode ?? child.exitCode}:\n${logTail(logFile, 20)}`);
    });
    failed.catch(() => {});
    const stop = async () => {
      isStopping = true;
      await endProcess(child.pid, 'SIGTERM', GRACE_MS);
      await exited;
    };
    this.#cleanup.add({ stop, kill: () => signal(child.pid, 'SIGKILL') });
    return { pid: child.pid, failed, stop };
  }
}

/** Runs `work` on a stand and ends everything afterwards, also after Ctrl-C. */
export async function withStand(options: StandOptions, work: (stand: Stand) => Promise<void>): Promise<void> {
  const cleanup = new Cleanup((error) => console.error(error));
  onStopSignals(
    () => void cleanup.stop().finally(() => process.exit(130)),
    () => {
      cleanup.kill();
      process.exit(130);
    },
  );
  try {
    await work(await Stand.start(cleanup, options));
  } finally {
    await cleanup.stop();
  }
}
