import type { Pool } from 'pg';
import { runTask } from '../task-run.ts';
import type { Handlers } from './registry.ts';

/** Parents of one statement: enough to be quick, few enough to hold no row for long. */
const SLICE = 500;

interface Counted {
  parents: string;
  key: string;
  last: string;
  count: string;
  /** Counts the visible children of parent `p` between two numbers. */
  children: string;
}

const chatsOfApplications: Counted = {
  parents: 'applications',
  key: 'id',
  last: 'last_chat_number',
  count: 'chats_count',
  children: 'SELECT count(*) FROM chats c WHERE c.app_token = p.token AND NOT c.void',
};

const messagesOfChats: Counted = {
  parents: 'chats',
  key: 'id',
  last: 'last_message_number',
  count: 'message_count',
  children: 'SELECT count(*) FROM messages c WHERE c.chat_id = p.id AND NOT c.void',
};

/**
 * Two statements. The first sees which parents have grown, and how far; every child up to there is visible to the
 * second, which counts just those and moves on only if nobody else did. A parent at zero or below is counted anew.
 */
async function reconcileSlice(pool: Pool, { parents, key, last, count, children }: Counted): Promise<number> {
  const grown = await pool.query(
    `SELECT ${key} AS id, counted_through AS since, ${last} AS until FROM ${parents}
     WHERE ${last} > counted_through ORDER BY ${key} LIMIT ${SLICE}`,
  );
  if (grown.rows.length === 0) return 0;
  await pool.query(
    `UPDATE ${parents} p
     SET ${count} = CASE WHEN grown.since > 0 THEN p.${count} ELSE 0 END
                    + (${children} AND c.number > grown.since AND c.number <= grown.until),
         counted_through = grown.until
     FROM unnest($1::bigint[], $2::int[], $3::int[]) AS grown(id, since, until)
     WHERE p.${key} = grown.id AND p.counted_through = grown.since`,
    [
      grown.rows.map(({ id }) => id),
      grown.rows.map(({ since }) => since),
      grown.rows.map(({ until }) => until),
    ],
  );
  return grown.rows.length;
}

/** Reconciles until nothing is left to count; costs what has changed, not what exists. */
export async function reconcileAll(pool: Pool): Promise<number> {
  let changed = 0;
  for (const counted of [chatsOfApplications, messagesOfChats]) {
    for (let slice = SLICE; slice === SLICE; changed += slice) slice = await reconcileSlice(pool, counted);
  }
  return changed;
}

export const handleReconcileCounts =
  (pool: Pool): Handlers['reconcile-counts'] =>
  async (_payload, log) => {
    const changed = await runTask(pool, 'reconcile-counts', () => reconcileAll(pool));
    log.debug({ changed }, 'counts reconciled');
  };
