import { Type } from 'typebox';
import { defineJob } from './define-job.ts';

/** Removes what has outlived its purpose: idempotency keys past their window, revocations past their token's life. */
export const cleanExpired = defineJob({
  name: 'clean-expired',
  queue: 'tasks',
  payload: Type.Object({}),
  options: { attempts: 1, removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } },
  timeoutMs: 60_000,
});
