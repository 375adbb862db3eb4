// Redis connections by role. Each role fails in its own way, so no connection is shared between roles.
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../lib/logger.ts';

/** A call that has no reply by then has an unknown outcome. */
export const COMMAND_TIMEOUT_MS = 1000;

const connect = (url: string, name: string, log: Logger, options: RedisOptions): Redis => {
  const redis = new Redis(url, {
    connectionName: name,
    connectTimeout: 2000,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1000),
    ...options,
  });
  let down = false;
  redis.on('error', (error) => {
    if (!down) log.warn({ connection: name, reason: error.message }, 'redis connection lost');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info({ connection: name }, 'redis connection back');
    down = false;
  });
  return redis;
};

const failFast = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
} satisfies RedisOptions;

/** For reserve calls and reads of the API: fails at once while Redis is away. */
export const forCommands = (url: string, log: Logger) => connect(url, 'anteroom-commands', log, failFast);

/** For reading the outbox inside a transaction: gives up after a second. */
export const forOutbox = (url: string, log: Logger) => connect(url, 'anteroom-outbox', log, failFast);

/** For BullMQ producers. Wait for `ready` before building a Queue on it. */
export const forQueue = (url: string, log: Logger) =>
  connect(url, 'anteroom-queue', log, { ...failFast, commandTimeout: 2000 });

/** For BullMQ workers: waits for ever, as BullMQ asks. */
export const forWorker = (url: string, log: Logger) =>
  connect(url, 'anteroom-worker', log, { maxRetriesPerRequest: null });

/** A connection that never reconnects: what is done on it is done in one life of one Redis. Ready when it resolves. */
export async function forOneLife(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    ...failFast,
    lazyConnect: true,
    connectTimeout: 2000,
    retryStrategy: () => null,
  });
  // The rejected call says what there is to say.
  redis.on('error', () => {});
  await redis.connect();
  return redis;
}

/** Resolves when the connection is usable; rejects after `limitMs`. */
export async function whenReady(redis: Redis, limitMs = 10_000): Promise<Redis> {
  if (redis.status === 'ready') return redis;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${limitMs} ms`)), limitMs);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return redis;
}

/** The `run_id` of the server behind a connection: another one is another life of its memory. */
export async function readRunId(redis: Redis): Promise<string> {
  const info = await redis.info('server');
  const runId = /^run_id:(\w+)/m.exec(info)?.[1];
  if (!runId) throw new Error('Redis did not tell its run_id');
  return runId;
}

/** Refuses a Redis that could evict what it was told to keep, or that lacks what the scripts need. */
export async function assertUsable(redis: Redis): Promise<void> {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? '';
  if (Number.parseInt(field('redis_version'), 10) < 7) {
    throw new Error(`Redis 7 or later is needed, this is ${field('redis_version')}`);
  }
  if (field('maxmemory_policy') !== 'noeviction') {
    throw new Error(
      `Redis evicts keys (maxmemory-policy ${field('maxmemory_policy')}). Set "maxmemory-policy noeviction": an evicted counter or outbox entry is a lost message.`,
    );
  }
}
