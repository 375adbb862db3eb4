// A scheduled task runs once at a time in the whole deployment, and leaves a record of its last run.
import type { Pool } from 'pg';
import { withClient } from '../src/storage/postgres.ts';

/**
 * Runs `work` unless another process is running the same task, and records start, end and what it changed.
 * The lock is the session's: it goes with the process that holds it.
 * @returns what `work` returned, or null when another process has the task
 */
export const runTask = (pool: Pool, task: string, work: () => Promise<number>): Promise<number | null> =>
  withClient(pool, async (client) => {
    const lock = [`task ${task}`];
    const { rows } = await client.query('SELECT pg_try_advisory_lock(hashtext($1)) AS mine', lock);
    if (!rows[0].mine) return null;
    const startedAt = new Date();
    const changed = await work().catch(async (error: Error) => {
      await record(pool, task, startedAt, 'failed', 0);
      throw error;
    });
    await record(pool, task, startedAt, 'done', changed);
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', lock);
    return changed;
  });

const record = (pool: Pool, task: string, startedAt: Date, outcome: string, changed: number) =>
  pool.query(
    `INSERT INTO task_runs (task, started_at, finished_at, outcome, changed) VALUES ($1, $2, now(), $3, $4)
     ON CONFLICT (task) DO UPDATE SET started_at = $2, finished_at = now(), outcome = $3, changed = $4`,
    [task, startedAt, outcome, changed],
  );
