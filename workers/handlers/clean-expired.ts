import type { Pool } from 'pg';
import { runTask } from '../task-run.ts';
import type { Handlers } from './registry.ts';

const SLICE = 5000;

async function deleteSlices(pool: Pool, table: string, key: string, where: string, values: unknown[]) {
  let removed = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${SLICE})`,
      values,
    );
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < SLICE) return removed;
  }
}

/** @param windowSeconds `IDEMPOTENCY_WINDOW`; a key is kept twice as long, so that no clock can cut it short */
export const handleCleanExpired =
  (pool: Pool, windowSeconds: number): Handlers['clean-expired'] =>
  async (_payload, log) => {
    const removed = await runTask(pool, 'clean-expired', async () => {
      const window = [`${windowSeconds * 2} seconds`];
      return (
        (await deleteSlices(
          pool,
          'idempotency_keys',
          'key_hash',
          'created_at < now() - $1::interval',
          window,
        )) + (await deleteSlices(pool, 'revoked_tokens', 'id', 'expires_at < now()', []))
      );
    });
    log.debug({ removed }, 'expired rows removed');
  };
