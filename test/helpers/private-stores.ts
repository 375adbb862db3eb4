// Stores of a test's own, to be stopped, frozen and started again without anybody else noticing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex from 'knex';
import { knexConfig } from '../../config/database.ts';
import { startPostgres } from '../../scripts/embedded/postgres.ts';
import { startRedis } from '../../scripts/embedded/redis.ts';
import type { Store } from '../../scripts/embedded/store-process.ts';

/** A store on one port that can go away and come back. */
export class PrivateStore {
  readonly #start: (port?: number) => Promise<Store>;
  #store: Store;

  private constructor(store: Store, start: (port?: number) => Promise<Store>) {
    this.#store = store;
    this.#start = start;
  }

  static async create(start: (port?: number) => Promise<Store>): Promise<PrivateStore> {
    return new PrivateStore(await start(), start);
  }

  get url(): string {
    return this.#store.url;
  }

  get pid(): number {
    return this.#store.pid;
  }

  stop(): Promise<void> {
    return this.#store.stop();
  }

  /** Comes back on the same address. */
  async startAgain(): Promise<void> {
    this.#store = await this.#start(this.#store.port);
  }

  /** Keeps its connections and answers nothing. */
  freeze(): void {
    process.kill(this.#store.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.#store.pid, 'SIGCONT');
  }
}

export interface PrivateStores {
  postgres: PrivateStore;
  redis: PrivateStore;
  /** What a deployment needs to use them. */
  settings: { DATABASE_URL: string; REDIS_URL: string };
  stop(): Promise<void>;
}

/** A migrated Postgres and an empty Redis. */
export async function privateStores(): Promise<PrivateStores> {
  const dir = await mkdtemp(join(tmpdir(), 'anteroom-stores-'));
  const at = (port?: number) => (port === undefined ? {} : { port });
  const [postgres, redis] = await Promise.all([
    PrivateStore.create((port) => startPostgres({ dir: join(dir, 'postgres'), fsync: false, ...at(port) })),
    PrivateStore.create((port) => startRedis({ dir: join(dir, 'redis'), ...at(port) })),
  ]);
  const database = knex(knexConfig(postgres.url));
  await database.migrate.latest();
  await database.seed.run();
  await database.destroy();
  return {
    postgres,
    redis,
    settings: { DATABASE_URL: postgres.url, REDIS_URL: redis.url },
    async stop() {
      for (const store of [redis, postgres]) {
        try {
          store.thaw();
        } catch {
          // It has ended already.
        }
        await store.stop();
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}
