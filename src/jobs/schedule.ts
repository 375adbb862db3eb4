// What runs when. The scheduler only enqueues; the workers run.
import type { Config } from '../../config/schema.ts';
import type { Jobs } from './registry.ts';

export interface ScheduledTask {
  job: keyof Jobs;
  /** Cron, with seconds. */
  expression: string;
  payload: Record<string, never>;
}

export const schedule = (config: Config): ScheduledTask[] => [
  { job: 'reconcile-counts', expression: config.RECONCILE_CRON, payload: {} },
  { job: 'clean-expired', expression: '15 */10 * * * *', payload: {} },
  { job: 'audit', expression: '30 * * * * *', payload: {} },
  { job: 'purge-deleted', expression: '*/15 * * * * *', payload: {} },
];
