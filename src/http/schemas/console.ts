// What the operators' JSON looks like.
import { Type } from 'typebox';
import { listOf, nullable, timestamp, token } from './common.ts';

const count = Type.Integer({ minimum: 0 });
const maybe = nullable(Type.Number());
const byState = Type.Record(Type.String(), count);

export const overview = Type.Object({
  totals: Type.Object({
    accepted: count,
    persisted: count,
    accepted_per_second: maybe,
    persisted_per_second: maybe,
  }),
  lag: Type.Object({ p50_ms: maybe, p95_ms: maybe, p99_ms: maybe }),
  shards: Type.Array(
    Type.Object({ shard: count, epoch: count, waiting: count, oldest_seconds: Type.Number({ minimum: 0 }) }),
  ),
  queues: Type.Array(Type.Object({ name: Type.String(), paused: Type.Boolean(), counts: byState })),
  processes: Type.Array(
    Type.Object({
      id: Type.String(),
      role: Type.String(),
      host: Type.String(),
      pid: count,
      version: Type.String(),
      started_at: timestamp,
      seen_at: timestamp,
    }),
  ),
  stores: Type.Record(Type.String(), Type.String()),
});

export const jobStates = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;

const job = Type.Object({
  id: Type.String(),
  queue: Type.String(),
  name: Type.String(),
  state: Type.String(),
  payload: Type.Unsafe<unknown>({}),
  attempts: count,
  failed_reason: nullable(Type.String()),
  created_at: timestamp,
});

export const jobList = listOf(job);

const deadLetter = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  app_token: token,
  chat_number: nullable(Type.Integer()),
  number: nullable(Type.Integer()),
  sqlstate: Type.String(),
  created_at: timestamp,
  replayed_at: nullable(timestamp),
});

export const deadLetterList = listOf(deadLetter);

export const replayed = Type.Object({ id: Type.String(), replayed: Type.Literal(true) });

export const taskList = listOf(
  Type.Object({
    name: Type.String(),
    expression: Type.String(),
    last_started_at: nullable(timestamp),
    last_finished_at: nullable(timestamp),
    last_outcome: nullable(Type.String()),
    changed: nullable(Type.Integer()),
    next_at: nullable(timestamp),
  }),
);

export const enqueued = Type.Object({ job_id: Type.String() });

export const queueState = Type.Object({ name: Type.String(), paused: Type.Boolean() });

export const consistency = Type.Object({
  audits: Type.Array(
    Type.Object({
      kind: Type.String(),
      audited: count,
      drift: count,
      last_round_drift: count,
      round_ended_at: nullable(timestamp),
    }),
  ),
  recoveries: Type.Array(
    Type.Object({
      id: count,
      shard: count,
      epoch: count,
      run_id: Type.String(),
      from_outbox: count,
      handed_in: count,
      lost: count,
      voids: count,
      took_ms: count,
      created_at: timestamp,
    }),
  ),
  shards: Type.Array(
    Type.Object({ shard: count, epoch: count, last_id: Type.String(), applied_count: count }),
  ),
  dead_letters: count,
});
