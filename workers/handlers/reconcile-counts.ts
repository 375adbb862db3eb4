import type { Pool } from 'pg';
import { runTask } from '../task-run.ts';
import type { Handlers } from './registry.ts';

/** Parents of one statement: enough to be quick, few enough to hold no row for long. */
const SLICE = 500;

interface Counted {
  parents: string;
  last: string;
  count: string;
  /** Counts the visible children of parent `p` between two numbers. */
  children: string;
}

const chatsOfApplications: Counted = {
  parents: 'applications',
  last: 'last_chat_number',
  count: 'chats_count',
  children: 'SELECT count(*) FROM chats c WHERE c.app_token = p.token AND NOT c.void',
};

const messagesOfChats: Counted = {
  parents: 'chats',
  last: 'last_message_number',
  count: 'message_count',
  children: 'SELECT count(*) FROM messages c WHERE c.chat_id = p.id AND NOT c.void',
};

/**
 * Two statements. The first sees which parents have grown, and how far; every child up to there is visible to the
 * second, which counts just those and moves on only if nobody else did. A parent at zero or below is counted anew.
 * One that a worker is writing to is left for the next run: waiting for it could be waiting for each other.
 * @returns the last parent looked at and how many changed, or null when there are no more
 */
async function reconcileSlice(pool: Pool, { parents, last, count, children }: Counted, after: number) {
  const grown = await pool.query(
    `SELECT id, counted_through AS since, ${last} AS until FROM ${parents}
     WHERE ${last} > counted_through AND id > $1 ORDER BY id LIMIT ${SLICE}`,
    [after],
  );
  if (grown.rows.length === 0) return null;
  const { rowCount } = await pool.query(
    `WITH grown AS (SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[]) AS grown(id, since, until)),
     free AS (SELECT id FROM ${parents} WHERE id IN (SELECT id FROM grown) FOR NO KEY UPDATE SKIP LOCKED)
     UPDATE ${parents} p
     SET ${count} = CASE WHEN grown.since > 0 THEN p.${count} ELSE 0 END
                    + (${children} AND c.number > grown.since AND c.number <= grown.until),
         counted_through = grown.until
     FROM grown JOIN free USING (id)
     WHERE p.id = grown.id AND p.counted_through = grown.since`,
    [
      grown.rows.map(({ id }) => id),
      grown.rows.map(({ since }) => since),
      grown.rows.map(({ until }) => until),
    ],
  );
  return { after: grown.rows.at(-1).id as number, changed: rowCount ?? 0 };
}

/** Goes once through everything that has grown; costs what has changed, not what exists. */
export async function reconcileAll(pool: Pool): Promise<number> {
  let changed = 0;
  for (const counted of [chatsOfApplications, messagesOfChats]) {
    for (let slice = await reconcileSlice(pool, counted, 0); slice; ) {
      changed += slice.changed;
      slice = await reconcileSlice(pool, counted, slice.after);
    }
  }
  return changed;
}

export const handleReconcileCounts =
  (pool: Pool): Handlers['reconcile-counts'] =>
  async (_payload, log) => {
    const changed = await runTask(pool, 'reconcile-counts', () => reconcileAll(pool));
    log.debug({ changed }, 'counts reconciled');
  };
