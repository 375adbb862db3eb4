import { Type } from 'typebox';
import { defineJob } from './define-job.ts';

/** Brings `chats_count` and `message_count` up to the rows that have appeared since the last run. */
export const reconcileCounts = defineJob({
  name: 'reconcile-counts',
  queue: 'tasks',
  payload: Type.Object({}),
  options: { attempts: 1, removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } },
  timeoutMs: 60_000,
});
