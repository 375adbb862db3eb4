// Removes deleted applications chat by chat, so that no statement grows with an application's size.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from '../../src/lib/logger.ts';
import { type ShardKeys, shardOf } from '../../src/storage/keys.ts';
import { runTask } from '../task-run.ts';
import type { Handlers } from './registry.ts';

const CHATS = 100;
const MESSAGES = 5000;

export interface PurgeDeps {
  pool: Pool;
  redis: Redis;
  keysOf: (shard: number) => ShardKeys;
  isStopping: () => boolean;
}

async function deleteMessages(pool: Pool, chatIds: number[]): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE chat_id = ANY($1) LIMIT ${MESSAGES})`,
      [chatIds],
    );
    if ((rowCount ?? 0) < MESSAGES) return;
  }
}

/** @returns whether there may be more */
async function purgeChats({ pool, redis, keysOf }: PurgeDeps, token: string): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT id, number FROM chats WHERE app_token = $1 ORDER BY number LIMIT ${CHATS}`,
    [token],
  );
  if (rows.length === 0) return false;
  const keys = keysOf(shardOf(token));
  await redis.unlink(...rows.flatMap(({ number }) => [keys.chat(token, number), keys.tail(token, number)]));
  const ids = rows.map(({ id }) => id);
  await deleteMessages(pool, ids);
  await pool.query('DELETE FROM chats WHERE id = ANY($1)', [ids]);
  return rows.length === CHATS;
}

async function purgeApplication(deps: PurgeDeps, token: string): Promise<boolean> {
  for (let more = true; more; more = await purgeChats(deps, token)) if (deps.isStopping()) return false;
  const { pool } = deps;
  await pool.query(
    `INSERT INTO revoked_tokens (jti) SELECT id::text FROM api_keys WHERE app_token = $1 ON CONFLICT DO NOTHING`,
    [token],
  );
  await pool.query('DELETE FROM dead_letters WHERE app_token = $1', [token]);
  await pool.query('DELETE FROM applications WHERE token = $1', [token]);
  return true;
}

/** One that fails does not keep the others back; it comes again with the next run. */
async function purgeAll(deps: PurgeDeps, log: Logger): Promise<number> {
  const { rows } = await deps.pool.query(
    'SELECT token FROM applications WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 100',
  );
  let purged = 0;
  for (const { token } of rows) {
    if (deps.isStopping()) break;
    await purgeApplication(deps, token).then(
      (done) => {
        purged += done ? 1 : 0;
      },
      (error: Error) => log.error({ application: token, reason: error.message }, 'application not purged'),
    );
  }
  return purged;
}

export const handlePurgeDeleted =
  (deps: PurgeDeps): Handlers['purge-deleted'] =>
  async (_payload, log) => {
    const purged = await runTask(deps.pool, 'purge-deleted', () => purgeAll(deps, log));
    log.debug({ purged }, 'deleted applications purged');
  };
