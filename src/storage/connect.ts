// The first contact with the stores: refuses the ones that cannot be used, with a message an operator can act on.
import type { Redis } from 'ioredis';
import { StartError } from '../lib/run-entry.ts';
import { assertUsable, whenReady } from './redis.ts';

const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return 'the given address';
  }
};

/** @throws StartError when Redis does not answer or must not be used */
export async function redisOrStartError(redis: Redis, url: string): Promise<Redis> {
  await whenReady(redis).catch((error: Error) => {
    throw new StartError(`Redis at ${hostOf(url)} (REDIS_URL) cannot be reached: ${error.message}`);
  });
  await assertUsable(redis).catch((error: Error) => {
    throw new StartError(`Redis at ${hostOf(url)} (REDIS_URL) cannot be used: ${error.message}`);
  });
  return redis;
}

/** Runs the first query of a process. @throws StartError when Postgres does not answer it */
export async function postgresOrStartError<T>(url: string, firstQuery: () => Promise<T>): Promise<T> {
  try {
    return await firstQuery();
  } catch (error) {
    if (error instanceof StartError) throw error;
    const { code, message } = error as { code?: string; message: string };
    if (code === '42P01')
      throw new StartError('The database has no tables yet. Run: npm run migrate -- latest');
    throw new StartError(`Postgres at ${hostOf(url)} (DATABASE_URL) cannot be used: ${message || code}`);
  }
}
