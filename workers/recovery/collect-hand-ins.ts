// Under a fence: what living API processes have acknowledged and Redis has lost.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { type Entry, parseEntry } from '../../src/outbox/entry.ts';
import { compareIds, parseId } from '../../src/outbox/entry-id.ts';
import { doneField } from '../../src/reserve/hand-in.ts';
import type { ShardKeys } from '../../src/storage/keys.ts';
import { ALIVE_SECONDS } from '../../src/storage/process-registry.ts';

/** A living process looks for fences several times a second; one that does not answer by then is dying or cut off. */
const WAIT_MS = 3000;
const LOOK_MS = 50;

/** Waits until every API process that was seen lately has handed in, or for so long. */
export async function awaitHandIns(redis: Redis, pool: Pool, keys: ShardKeys, fence: string): Promise<void> {
  const { rows } = await pool.query(
    `SELECT id FROM processes WHERE role = 'api' AND seen_at > now() - make_interval(secs => $1)`,
    [ALIVE_SECONDS],
  );
  if (rows.length === 0) return;
  const fields = rows.map(({ id }) => doneField(id));
  const until = Date.now() + WAIT_MS;
  while (Date.now() < until) {
    const done = await redis.hmget(keys.handIn(fence), ...fields);
    if (done.every((field) => field !== null)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What was handed in, in id order. */
export async function readHandIns(redis: Redis, keys: ShardKeys, fence: string): Promise<Entry[]> {
  const fields = await redis.hgetall(keys.handIn(fence));
  return Object.entries(fields)
    .filter(([id]) => /^\d+-\d+$/.test(id))
    .map(([id, entry]) => parseEntry(id, JSON.parse(entry)))
    .sort((a, b) => compareIds(a.id, b.id));
}

/** How many entries are missing between an offset and the handed-in entries behind it, and among these. */
export function countLost(after: string, entries: Entry[]): number {
  const last = entries.at(-1);
  if (!last) return 0;
  const { epoch, sequence } = parseId(last.id);
  const from = parseId(after);
  const first = from.epoch === epoch ? from.sequence + 1 : 0;
  return sequence - first + 1 - entries.length;
}
