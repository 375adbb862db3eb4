import type { Pool } from 'pg';
import type { Logger } from '../../src/lib/logger.ts';
import { type AuditKind, auditKinds, auditSlice } from '../../src/queries/audit-slice.ts';
import { runTask } from '../task-run.ts';
import type { Handlers } from './registry.ts';

/** Parents of one run: a few seconds of work at most, so that a round of many chats takes hours, not the database. */
const SLICE = 1000;

async function auditNext(pool: Pool, kind: AuditKind, log: Logger): Promise<number> {
  const { rows } = await pool.query('SELECT after_id FROM audits WHERE kind = $1', [kind]);
  const { audited, last, drift } = await auditSlice(pool, kind, rows[0]?.after_id ?? 0, SLICE);
  for (const found of drift) log.error({ ...found }, 'drift');
  const ended = last === null;
  await pool.query(
    `INSERT INTO audits (kind, after_id, audited, drift, last_round_drift, round_ended_at)
     VALUES ($1, $2, $3, CASE WHEN $5 THEN 0 ELSE $4 END, CASE WHEN $5 THEN $4 ELSE 0 END, CASE WHEN $5 THEN now() END)
     ON CONFLICT (kind) DO UPDATE SET
       after_id = $2, audited = audits.audited + $3, updated_at = now(),
       drift = CASE WHEN $5 THEN 0 ELSE audits.drift + $4 END,
       last_round_drift = CASE WHEN $5 THEN audits.drift + $4 ELSE audits.last_round_drift END,
       round_ended_at = CASE WHEN $5 THEN now() ELSE audits.round_ended_at END`,
    [kind, last ?? 0, audited, drift.length, ended],
  );
  return drift.length;
}

export const handleAudit =
  (pool: Pool): Handlers['audit'] =>
  async (_payload, log) => {
    await runTask(pool, 'audit', async () => {
      let drift = 0;
      for (const kind of auditKinds) drift += await auditNext(pool, kind, log);
      return drift;
    });
  };
