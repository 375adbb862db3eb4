import { Type } from 'typebox';
import { defineJob } from './define-job.ts';

/** Removes the rows of deleted applications, in slices, so that no transaction grows with an application's size. */
export const purgeDeleted = defineJob({
  name: 'purge-deleted',
  queue: 'tasks',
  payload: Type.Object({}),
  options: { attempts: 1, removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } },
  timeoutMs: 300_000,
});
