import { Type } from 'typebox';
import { defineJob } from './define-job.ts';

/**
 * The doorbell of a shard: "there are entries to apply". A ring waits for the shard's row; a sweep skips a locked one.
 * Losing or doubling it is harmless, since what is applied is decided in Postgres.
 */
export const persist = defineJob({
  name: 'persist',
  queue: 'persist',
  payload: Type.Object({
    shard: Type.Integer({ minimum: 0, maximum: 255 }),
    sweep: Type.Boolean(),
    /** Of a request whose entry this ring was for; others may have joined it. */
    request_id: Type.Optional(Type.String()),
  }),
  options: {
    attempts: 1_000_000,
    // Fixed: an outage must not stretch the pause that follows it.
    backoff: { type: 'fixed', delay: 500 },
    removeOnComplete: true,
    removeOnFail: { count: 1000 },
  },
  timeoutMs: 60_000,
});
