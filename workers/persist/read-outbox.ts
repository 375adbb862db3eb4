// Reads what follows a shard's offset, and refuses to skip anything.
import type { Redis } from 'ioredis';
import { type Entry, NewerEntryError, parseEntry } from '../../src/outbox/entry.ts';
import { nextId } from '../../src/outbox/entry-id.ts';

/** One transaction's worth: enough to make a commit cheap, little enough to hold the row briefly. */
export const MAX_ENTRIES = 1000;
export const MAX_BYTES = 4_000_000;
/** A read has a second, and an entry may be 64 kB: the first page is small, the others as large as that bears. */
const FIRST_PAGE = 32;
const MAX_PAGE = 250;
const PAGE_BYTES = 1_000_000;

/** Entries between the offset and the first one read are missing. Only an operator can say what that means. */
export class OutboxGapError extends Error {
  constructor(expected: string, found: string) {
    super(
      `the outbox goes on at ${found} where ${expected} must follow; the shard is stopped so that nothing is skipped`,
    );
    this.name = 'OutboxGapError';
  }
}

/** An entry of a newer release stands at the front: nothing can be applied until newer workers run. */
export interface OutboxRead {
  entries: Entry[];
  /** Whether the outbox may hold more than was read. */
  more: boolean;
  blocked: NewerEntryError | null;
}

/**
 * @param after the last applied id @param epoch the shard's epoch in Postgres
 * @throws OutboxGapError when the first entry, or any later one, does not follow its predecessor
 */
export async function readOutbox(
  redis: Redis,
  key: string,
  after: string,
  epoch: number,
): Promise<OutboxRead> {
  const entries: Entry[] = [];
  let last = after;
  let bytes = 0;
  while (entries.length < MAX_ENTRIES && bytes < MAX_BYTES) {
    const size = entries.length === 0 ? FIRST_PAGE : nextSize(entries.length, bytes);
    const page = await redis.xrange(key, `(${last}`, '+', 'COUNT', size);
    for (const [id, fields] of page) {
      const expected = nextId(last, epoch);
      if (id !== expected) throw new OutboxGapError(expected, id);
      try {
        entries.push(parseEntry(id, fields));
      } catch (error) {
        if (error instanceof NewerEntryError) return { entries, more: false, blocked: error };
        throw error;
      }
      last = id;
      bytes += entries.at(-1)!.raw.length;
    }
    if (page.length < size) return { entries, more: false, blocked: null };
  }
  return { entries, more: true, blocked: null };
}

/** As many as the entries so far let expect to be a page's bytes, but never many more than have been seen. */
const nextSize = (entries: number, bytes: number): number =>
  Math.max(1, Math.min(MAX_PAGE, 2 * entries, Math.floor((PAGE_BYTES * entries) / Math.max(1, bytes))));
