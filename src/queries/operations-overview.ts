// What operators see first: throughput, backlog, lag, queues, processes, stores.
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Offsets } from '../outbox/offsets.ts';
import type { ShardKeys } from '../storage/keys.ts';
import { livingProcesses } from '../storage/process-registry.ts';
import { outboxBacklog, type ShardBacklog } from './outbox-backlog.ts';
import { readiness } from './readiness.ts';

export interface OverviewDeps {
  knex: Knex;
  redis: Redis;
  offsets: Offsets;
  queues: Queue[];
  keysOf: (shard: number) => ShardKeys;
}

/** Rows that the lag percentiles are taken from: the last ones written. */
const LAG_SAMPLE = 2000;

interface Sample {
  accepted: number;
  persisted: number;
  at: number;
}

/** Looks at the same time share a sample to compare with, so that none is too close to say anything. */
const SAMPLE_MS = 1000;

/** Between a sample and now, per second; null while there is none. */
function ratesBetween(before: Sample | null, now: Sample) {
  if (!before) return { accepted_per_second: null, persisted_per_second: null };
  const seconds = (now.at - before.at) / 1000;
  const rate = (from: number, to: number) => Math.round(((to - from) / seconds) * 10) / 10;
  return {
    accepted_per_second: rate(before.accepted, now.accepted),
    persisted_per_second: rate(before.persisted, now.persisted),
  };
}

async function lagPercentiles(knex: Knex) {
  const { rows } = await knex.raw(
    `SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
              ORDER BY extract(epoch FROM persisted_at - created_at) * 1000) AS ms
     FROM (SELECT persisted_at, created_at FROM messages ORDER BY id DESC LIMIT ?) newest`,
    [LAG_SAMPLE],
  );
  const [p50, p95, p99] = (rows[0]?.ms ?? [null, null, null]) as (number | null)[];
  return { p50_ms: p50, p95_ms: p95, p99_ms: p99 };
}

/** Seconds that the oldest waiting entry of a shard has waited, as of the last look of the reserve script. */
export const oldestAge = async (
  redis: Redis,
  keys: ShardKeys,
  { waiting }: ShardBacklog,
): Promise<number> => {
  if (waiting === 0) return 0;
  const [at, now] = await Promise.all([redis.hget(keys.gauge, 'oldest_at'), redis.time()]);
  return at ? Math.max(0, Number(now[0]) - Number(at) / 1000) : 0;
};

async function queueState(queue: Queue) {
  const [counts, paused] = await Promise.all([queue.getJobCounts(), queue.isPaused()]);
  return { name: queue.name, paused, counts };
}

/** Remembers earlier calls, so that rates are those since one to two seconds, or since the last look. */
export function createOverview(deps: OverviewDeps) {
  const { knex, redis, keysOf, queues } = deps;
  const backlog = outboxBacklog(deps);
  const ready = readiness(deps);
  let before: Sample | null = null;
  let last: Sample | null = null;

  return async () => {
    const shards = await backlog();
    const sum = (of: (shard: ShardBacklog) => number) =>
      shards.reduce((total, shard) => total + of(shard), 0);
    const persisted = sum((shard) => shard.persisted);
    const now = { accepted: persisted + sum((shard) => shard.waiting), persisted, at: Date.now() };
    if (!last || now.at - last.at >= SAMPLE_MS) {
      before = last;
      last = now;
    }
    const rates = ratesBetween(before, now);
    const [lag, states, processes, stores, ages] = await Promise.all([
      lagPercentiles(knex),
      Promise.all(queues.map(queueState)),
      livingProcesses(knex),
      ready(),
      Promise.all(shards.map((shard) => oldestAge(redis, keysOf(shard.shard), shard))),
    ]);
    return {
      totals: { accepted: now.accepted, persisted: now.persisted, ...rates },
      lag,
      shards: shards.map(({ shard, epoch, waiting }, i) => ({
        shard,
        epoch,
        waiting,
        oldest_seconds: ages[i] ?? 0,
      })),
      queues: states,
      processes: processes.map(({ started_at, seen_at, ...rest }) => ({
        ...rest,
        started_at: new Date(started_at).toISOString(),
        seen_at: new Date(seen_at).toISOString(),
      })),
      stores: stores.checks,
    };
  };
}
