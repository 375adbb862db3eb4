import type { Pool } from 'pg';
import { runTask } from '../task-run.ts';
import type { Handlers } from './registry.ts';

const SLICE = 5000;

async function purgeMessages(pool: Pool, token: string): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `DELETE FROM messages WHERE id IN (
         SELECT m.id FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.app_token = $1 LIMIT ${SLICE})`,
      [token],
    );
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < SLICE) return removed;
  }
}

async function purgeApplication(pool: Pool, token: string): Promise<number> {
  const removed = await purgeMessages(pool, token);
  await pool.query('DELETE FROM dead_letters WHERE app_token = $1', [token]);
  // Chats and keys go with their application.
  await pool.query('DELETE FROM applications WHERE token = $1', [token]);
  return removed + 1;
}

export const handlePurgeDeleted =
  (pool: Pool): Handlers['purge-deleted'] =>
  async (_payload, log) => {
    const removed = await runTask(pool, 'purge-deleted', async () => {
      const { rows } = await pool.query(
        'SELECT token FROM applications WHERE deleted_at IS NOT NULL LIMIT 20',
      );
      let sum = 0;
      for (const { token } of rows) sum += await purgeApplication(pool, token);
      return sum;
    });
    log.debug({ removed }, 'deleted applications purged');
  };
