// Applies entries in order, and finds the ones Postgres refuses without losing their neighbours.
import type { PoolClient } from 'pg';
import type { Entry } from '../../src/outbox/entry.ts';
import { applyApplications, applyDeletions } from './apply-applications.ts';
import { applyChats } from './apply-chats.ts';
import { applyIdempotency } from './apply-idempotency.ts';
import { applyMessages } from './apply-messages.ts';
import { applyVoid, bury, keepNumber } from './dead-letter.ts';
import { refusalOf } from './refused.ts';

const ofKind = <Kind extends Entry['kind']>(entries: Entry[], kind: Kind) =>
  entries.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);

/**
 * Kind by kind is as good as entry by entry here: parents come before their children, and the reserve script
 * appends nothing to an application after its deletion.
 */
async function applyAll(client: PoolClient, entries: Entry[]): Promise<void> {
  await applyApplications(client, ofKind(entries, 'application'));
  await applyChats(client, ofKind(entries, 'chat'));
  await applyMessages(client, ofKind(entries, 'message'));
  await applyDeletions(client, ofKind(entries, 'deletion'));
  await applyIdempotency(client, entries);
}

/** Runs `work` under a savepoint; returns why it was refused, null when it went through. */
async function attempt(client: PoolClient, work: () => Promise<void>) {
  await client.query('SAVEPOINT attempt');
  try {
    await work();
    await client.query('RELEASE SAVEPOINT attempt');
    return null;
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    await client.query('ROLLBACK TO SAVEPOINT attempt');
    return refusal;
  }
}

/** An entry that Postgres refused, and why in its own terms. */
export interface RefusedEntry {
  entry: Entry;
  sqlstate: string;
}

/**
 * Applies the entries in the caller's transaction. An entry that Postgres refuses becomes a void row and a dead
 * letter; any other failure is thrown and leaves the transaction to be rolled back.
 * @returns what became void
 */
export async function applyEntries(
  client: PoolClient,
  shard: number,
  entries: Entry[],
): Promise<RefusedEntry[]> {
  const refusal = await attempt(client, () => applyAll(client, entries));
  if (!refusal) return [];
  const [only] = entries;
  if (entries.length === 1 && only) {
    // A void row that is refused as well leaves just the dead letter: the shard never stops for one entry.
    await attempt(client, () => applyVoid(client, only));
    await keepNumber(client, only);
    await bury(client, shard, only, refusal);
    await applyIdempotency(client, entries);
    return [{ entry: only, sqlstate: refusal.sqlstate }];
  }
  const middle = entries.length >> 1;
  const before = await applyEntries(client, shard, entries.slice(0, middle));
  return [...before, ...(await applyEntries(client, shard, entries.slice(middle)))];
}
