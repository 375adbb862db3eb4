// The composition root of the API process: the only place that builds its connections and hands them on.
import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type Koa from 'koa';
import { Revocations } from './auth/revocations.ts';
import { createTokenSigner } from './auth/tokens.ts';
import { createApp } from './http/app.ts';
import { createAuthenticate } from './http/authenticate.ts';
import { applicationRoutes } from './http/routes/applications.ts';
import { chatRoutes } from './http/routes/chats.ts';
import { consoleRoutes } from './http/routes/console.ts';
import { docsRoutes } from './http/routes/docs.ts';
import { keyRoutes } from './http/routes/keys.ts';
import { messageRoutes } from './http/routes/messages.ts';
import { operationsRoutes } from './http/routes/operations.ts';
import { queueNames } from './jobs/define-job.ts';
import { Doorbell } from './jobs/doorbell.ts';
import { openQueue } from './jobs/open-queue.ts';
import { schedule } from './jobs/schedule.ts';
import { createMetrics, type Metrics } from './lib/metrics.ts';
import type { Entry } from './lib/run-entry.ts';
import { VERSION } from './lib/version.ts';
import { createApplied, Offsets } from './outbox/offsets.ts';
import { registerShards } from './outbox/shards.ts';
import { createCollector } from './queries/collect-metrics.ts';
import { readiness } from './queries/readiness.ts';
import { HandIn } from './reserve/hand-in.ts';
import { createRememberKey } from './reserve/remember-key.ts';
import { Reserver } from './reserve/reserver.ts';
import { Tail } from './reserve/tail.ts';
import type { Services } from './services.ts';
import { postgresOrStartError, redisOrStartError } from './storage/connect.ts';
import { type ShardKeys, shardKeys } from './storage/keys.ts';
import { MemoryWatch } from './storage/memory-watch.ts';
import { forQueries, forSearch } from './storage/postgres.ts';
import { ProcessRegistry } from './storage/process-registry.ts';
import { forCommands, forQueue, whenReady } from './storage/redis.ts';

interface Stores {
  redis: Redis;
  knex: Knex;
  searchKnex: Knex;
  queues: Queue[];
  keysOf: (shard: number) => ShardKeys;
}

async function openStores({ config, log, shutdown }: Entry): Promise<Stores> {
  const redis = forCommands(config.REDIS_URL, log);
  shutdown.add('redis', () => redis.disconnect());
  await redisOrStartError(redis, config.REDIS_URL);

  const knex = forQueries(config.DATABASE_URL, config.DATABASE_POOL);
  shutdown.add('postgres', () => knex.destroy());
  const searchKnex = forSearch(config.DATABASE_URL, config.SEARCH_POOL, config.SEARCH_TIMEOUT);
  shutdown.add('search pool', () => searchKnex.destroy());
  await postgresOrStartError(config.DATABASE_URL, () => registerShards(knex, config.SHARDS));

  const queueRedis = await whenReady(forQueue(config.REDIS_URL, log));
  shutdown.add('queue connection', () => queueRedis.disconnect());
  const queues = queueNames.map((name) => openQueue(queueRedis, config.REDIS_PREFIX, name, log));
  for (const queue of queues) shutdown.add(`queue ${queue.name}`, () => queue.close());
  return { redis, knex, searchKnex, queues, keysOf: (shard) => shardKeys(config.REDIS_PREFIX, shard) };
}

/** What polls Postgres on its own, so that no request has to. */
async function startPolling({ log, shutdown }: Entry, { knex }: Stores) {
  const offsets = new Offsets(knex, log);
  await offsets.start();
  shutdown.add('offsets', () => offsets.stop());
  const revocations = new Revocations(knex, log);
  await revocations.start();
  shutdown.add('revocations', () => revocations.stop());
  return { offsets, revocations };
}

function createReserver(
  { config, log, shutdown }: Entry,
  stores: Stores,
  offsets: Offsets,
  metrics: Metrics,
  processId: string,
) {
  const { redis, knex, keysOf, queues } = stores;
  const doorbell = new Doorbell(queues[queueNames.indexOf('persist')]!, (error) =>
    log.debug({ reason: error.message }, 'ring lost'),
  );
  const memory = new MemoryWatch(redis, log);
  memory.start();
  shutdown.add('memory watch', () => memory.stop());
  const reserver = new Reserver({
    ...{ process: processId, redis, knex, offsets, keysOf, log },
    limits: {
      maxEntries: config.OUTBOX_MAX,
      maxBytes: config.OUTBOX_MAX_BYTES,
      maxAgeMs: config.OUTBOX_MAX_AGE * 1000,
      windowSeconds: config.IDEMPOTENCY_WINDOW,
    },
    isMemoryShort: () => memory.isShort,
    onAppended: (shard, entries, requestId) => {
      metrics.accepted.inc(entries);
      doorbell.ring(shard, requestId);
    },
  });
  shutdown.add('reserver', () => reserver.stop());
  const acknowledged = (shard: number) => reserver.acknowledged(shard);
  const handIn = new HandIn({ ...{ process: processId, redis, offsets, keysOf, log }, acknowledged });
  handIn.start();
  shutdown.add('hand-in', () => handIn.stop());
  return reserver;
}

/** Builds the API on its stores, ready to listen; `entry.shutdown` undoes everything. */
export async function wireApi(entry: Entry): Promise<Koa> {
  const { config, log, shutdown } = entry;
  const metrics = createMetrics();
  const stores = await openStores(entry);
  const { redis, knex, searchKnex, keysOf } = stores;
  const { offsets, revocations } = await startPolling(entry, stores);
  const processId = randomUUID();
  const registry = new ProcessRegistry({ knex, id: processId, role: 'api', log });
  await registry.start();
  shutdown.add('process registry', () => registry.stop());

  const limited = config.RATE_LIMITS === 'on';
  const services: Services = {
    ...{ knex, searchKnex, offsets, revocations },
    reserver: createReserver(entry, stores, offsets, metrics, processId),
    tail: new Tail(redis, offsets, keysOf),
    applied: createApplied(offsets, redis, keysOf),
    rememberKey: createRememberKey(redis, keysOf, config.IDEMPOTENCY_WINDOW),
    signer: createTokenSigner(config.JWT_SECRET),
    rates: {
      key: { rate: limited ? config.KEY_RATE : 0, burst: config.KEY_BURST },
      user: { rate: limited ? config.USER_RATE : 0, burst: config.USER_BURST },
    },
    shards: config.SHARDS,
    windowSeconds: config.IDEMPOTENCY_WINDOW,
    openSignup: config.OPEN_SIGNUP,
    basePath: config.BASE_PATH,
  };
  const routes = [
    ...applicationRoutes(services),
    ...keyRoutes(services),
    ...chatRoutes(services),
    ...messageRoutes(services),
    ...consoleRoutes({ knex, redis, offsets, queues: stores.queues, keysOf, schedule: schedule(config) }),
    ...operationsRoutes({
      readiness: readiness({ knex, redis, offsets, keysOf }),
      databaseAnswers: () => knex.raw('SELECT 1'),
      metrics,
      collect: createCollector({ redis, knex, offsets, queues: stores.queues, keysOf }, metrics),
    }),
  ];
  return createApp({
    ...{ config, metrics, log },
    routes: [...routes, ...docsRoutes(routes, { version: VERSION, basePath: config.BASE_PATH })],
    authenticate: createAuthenticate({
      secret: config.JWT_SECRET,
      operatorToken: config.OPERATOR_TOKEN,
      isRevoked: ({ jti }) => revocations.has(jti),
    }),
  });
}
