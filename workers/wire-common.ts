// What workers and schedulers share: the shards' offsets, the queues, the sweep, and how others see the process.
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import { Doorbell } from '../src/jobs/doorbell.ts';
import { openQueue } from '../src/jobs/open-queue.ts';
import type { Entry } from '../src/lib/run-entry.ts';
import { Offsets } from '../src/outbox/offsets.ts';
import { registerShards } from '../src/outbox/shards.ts';
import { postgresOrStartError, redisOrStartError } from '../src/storage/connect.ts';
import { shardKeys } from '../src/storage/keys.ts';
import { forQueries } from '../src/storage/postgres.ts';
import { ProcessRegistry, type ProcessRole } from '../src/storage/process-registry.ts';
import { forCommands, forQueue, whenReady } from '../src/storage/redis.ts';
import { startHealthServer } from './health-server.ts';
import { Sweeper } from './sweeper.ts';

/** One for each shard's look-up at a time, and one to spare. */
const POOL_SIZE = 4;

/** Opens the stores and the queues; `entry.shutdown` closes them. */
export async function wireCommon({ config, log, shutdown }: Entry) {
  const keysOf = (shard: number) => shardKeys(config.REDIS_PREFIX, shard);
  const redis = forCommands(config.REDIS_URL, log);
  shutdown.add('redis', () => redis.disconnect());
  await redisOrStartError(redis, config.REDIS_URL);

  const knex = forQueries(config.DATABASE_URL, POOL_SIZE, 'anteroom-worker');
  shutdown.add('postgres', () => knex.destroy());
  await postgresOrStartError(config.DATABASE_URL, () => registerShards(knex, config.SHARDS));
  const offsets = new Offsets(knex, log);
  await offsets.refresh();

  const queueRedis = await whenReady(forQueue(config.REDIS_URL, log));
  shutdown.add('queue connection', () => queueRedis.disconnect());
  const persistQueue = openQueue(queueRedis, config.REDIS_PREFIX, 'persist', log);
  const tasksQueue = openQueue(queueRedis, config.REDIS_PREFIX, 'tasks', log);
  shutdown.add('queues', () => Promise.all([persistQueue.close(), tasksQueue.close()]).then(() => {}));

  const doorbell = new Doorbell(persistQueue, (error) => log.debug({ reason: error.message }, 'ring lost'));
  const sweeper = new Sweeper({ redis, offsets, doorbell, keysOf, log });
  shutdown.add('sweeper', () => sweeper.stop());
  return { keysOf, redis, knex, offsets, persistQueue, tasksQueue, doorbell, sweeper };
}

/** Lets the deployment know of this process while it lives. */
export async function register({ log, shutdown }: Entry, knex: Knex, role: ProcessRole): Promise<void> {
  const registry = new ProcessRegistry({ knex, id: randomUUID(), role, log });
  await registry.start();
  shutdown.add('process registry', () => registry.stop());
}

/** Opens the process' own door, where one is configured. */
export async function serveHealth({ config, shutdown }: Entry, registry: Registry): Promise<void> {
  if (config.WORKER_PORT === 0) return;
  const isHealthy = () => !shutdown.isStopping;
  const server = await startHealthServer({ registry, isHealthy }, config.HOST, config.WORKER_PORT);
  shutdown.add('health server', () => {
    server.close();
    server.closeAllConnections();
  });
}
