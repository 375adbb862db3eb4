import { Type } from 'typebox';
import { defineJob } from './define-job.ts';

/** Recounts the next slice of everything: numbers, counts and voids. Says what it finds; mends nothing. */
export const audit = defineJob({
  name: 'audit',
  queue: 'tasks',
  payload: Type.Object({}),
  options: { attempts: 1, removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } },
  timeoutMs: 60_000,
});
