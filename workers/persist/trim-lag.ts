// Applied entries stay in the outbox for a while: a Postgres that comes back older than it was catches up from them.
import { parseId } from '../../src/outbox/entry-id.ts';

const KEEP_MS = 10 * 60_000;
const KEEP_ENTRIES = 100_000;
const CHECKPOINT_MS = 10_000;

export class TrimLag {
  readonly #now: () => number;
  readonly #checkpoints = new Map<number, { id: string; at: number }[]>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes the id just applied; returns the id below which entries may go, null for none. */
  advance(shard: number, applied: string): string | null {
    const now = this.#now();
    const points = this.#checkpoints.get(shard) ?? [];
    this.#checkpoints.set(shard, points);
    if (now - (points.at(-1)?.at ?? 0) >= CHECKPOINT_MS) points.push({ id: applied, at: now });
    let old: string | null = null;
    while (points[0] && now - points[0].at > KEEP_MS) old = points.shift()?.id ?? null;
    const { epoch, sequence } = parseId(applied);
    const byCount = sequence > KEEP_ENTRIES ? `${epoch}-${sequence - KEEP_ENTRIES}` : null;
    if (old && byCount && parseId(old).epoch === epoch) {
      return parseId(old).sequence > sequence - KEEP_ENTRIES ? old : byCount;
    }
    return byCount ?? old;
  }
}
