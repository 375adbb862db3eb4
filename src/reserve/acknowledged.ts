// The outbox's second copy: what this process has acknowledged lately and Postgres does not have yet. Redis may lose its
// last second; then these entries are handed in.
import { type EntryId, parseId } from '../outbox/entry-id.ts';
import type { Pending } from './encode.ts';

/** Longer than any Redis takes to lose what `appendfsync everysec` may lose. */
const KEEP_MS = 10_000;
/** Of records, per shard; what Postgres has applied is let go of much sooner. */
const KEEP_BYTES = 64_000_000;

/** An acknowledged entry: its id, and all that is needed to write it once more. */
export interface AcknowledgedEntry extends EntryId {
  number: number;
  /** `created_at`, ms of Redis' clock. */
  at: number;
  item: Pick<Pending, 'request' | 'record' | 'bytes'>;
}

interface Held {
  entry: AcknowledgedEntry;
  /** Monotonic ms. */
  since: number;
}

export class Acknowledged {
  readonly #monotonic: () => number;
  #held: Held[] = [];
  #bytes = 0;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  get size(): number {
    return this.#held.length;
  }

  add(entries: AcknowledgedEntry[]): void {
    const since = this.#monotonic();
    for (const entry of entries) {
      this.#held.push({ entry, since });
      this.#bytes += entry.item.bytes;
    }
    this.#dropWhile(({ since: at }) => since - at > KEEP_MS || this.#bytes > KEEP_BYTES);
  }

  /** Lets go of what is applied, and of what belongs to an epoch that has ended. */
  applied(lastId: string, epoch: number): void {
    const last = parseId(lastId);
    this.#dropWhile(
      ({ entry }) => entry.epoch < epoch || (entry.epoch === last.epoch && entry.sequence <= last.sequence),
    );
  }

  /** Those of an epoch that lie behind a sequence, in order. */
  after(epoch: number, sequence: number): AcknowledgedEntry[] {
    return this.#held
      .map(({ entry }) => entry)
      .filter((entry) => entry.epoch === epoch && entry.sequence > sequence);
  }

  /** Entries leave in the order in which they came. */
  #dropWhile(isPast: (held: Held) => boolean): void {
    let count = 0;
    while (count < this.#held.length && isPast(this.#held[count]!)) {
      this.#bytes -= this.#held[count]!.entry.item.bytes;
      count++;
    }
    if (count > 0) this.#held = this.#held.slice(count);
  }
}

/** The fields of the outbox entry as reserve.lua appended them; its place among the shard's bytes is not known here. */
export function entryFields({ number, at, item }: AcknowledgedEntry): string[] {
  const { request, record } = item;
  const { kind, token, chat, idempotency, kept } = request;
  const fields = ['v', '1', 'k', kind === 'open_chat' ? 'chat' : kind, 'a', token, 'c', String(chat)];
  fields.push('d', `{"number":${number},"at":${at},${record}`, 'y', '0');
  if (idempotency) fields.push('i', `${idempotency.hash} ${idempotency.fingerprint} ${kept}`);
  return fields;
}
