// The stores of `npm start`: those that the environment names, else embedded ones.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { startPostgres } from '../embedded/postgres.ts';
import { startRedis } from '../embedded/redis.ts';
import type { Store } from '../embedded/store-process.ts';
import { rememberedPort } from './ports.ts';
import { requireAnswer } from './reachable.ts';

/** One of the two stores: its URL, and its process when it is ours. */
export type Found = { url: string; store: Store | null };

type Say = (line: string) => void;

/**
 * Postgres: the one at DATABASE_URL if that is set, else our own, on the port it had last time if that is
 * free.
 */
export async function findPostgres({ DATABASE_URL, DATA_DIR }: Config, say: Say): Promise<Found> {
  if (DATABASE_URL) {
    await requireAnswer('DATABASE_URL', DATABASE_URL);
    return { url: DATABASE_URL, store: null };
  }
  const dir = join(DATA_DIR, 'postgres');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = () => rememberedPort(join(dir, 'port'));
  const store = await startPostgres({ dir, port, log: say });
  return { url: store.url, store };
}

/** Redis: the one at REDIS_URL if that is set, else our own, on the port it had last time if that is free. */
export async function findRedis({ REDIS_URL, DATA_DIR }: Config, say: Say): Promise<Found> {
  if (REDIS_URL) {
    await requireAnswer('REDIS_URL', REDIS_URL);
    return { url: REDIS_URL, store: null };
  }
  const dir = join(DATA_DIR, 'redis');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = () => rememberedPort(join(dir, 'port'));
  const store = await startRedis({ dir, port, log: say });
  return { url: store.url, store };
}
