// Applied entries stay in the outbox for a while: a Postgres that comes back older than it was catches up from them.
import { compareIds, parseId } from '../../src/outbox/entry-id.ts';

const KEEP_MS = 10 * 60_000;
const KEEP_ENTRIES = 100_000;
const KEEP_BYTES = 128_000_000;
const CHECKPOINT_MS = 10_000;
const CHECKPOINT_BYTES = KEEP_BYTES / 16;

interface Checkpoint {
  id: string;
  at: number;
  /** Appended in its epoch up to here. */
  bytes: number;
}

export class TrimLag {
  readonly #now: () => number;
  readonly #checkpoints = new Map<number, Checkpoint[]>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * @param applied the id just applied @param bytes appended in its epoch up to there
   * @returns the id below which entries may go, null for none
   */
  advance(shard: number, applied: string, bytes = 0): string | null {
    const old = this.#past(shard, { id: applied, at: this.#now(), bytes });
    const { epoch, sequence } = parseId(applied);
    const byCount = sequence > KEEP_ENTRIES ? `${epoch}-${sequence - KEEP_ENTRIES}` : null;
    if (old && byCount) return compareIds(old, byCount) > 0 ? old : byCount;
    return byCount ?? old;
  }

  /** Notes the point, and forgets those that lie too far back; the last one forgotten is the answer. */
  #past(shard: number, point: Checkpoint): string | null {
    const points = this.#checkpoints.get(shard) ?? [];
    this.#checkpoints.set(shard, points);
    const last = points.at(-1);
    if (!last || point.at - last.at >= CHECKPOINT_MS || point.bytes - last.bytes >= CHECKPOINT_BYTES)
      points.push(point);
    const isPast = ({ at, bytes }: Checkpoint) => point.at - at > KEEP_MS || point.bytes - bytes > KEEP_BYTES;
    let old: string | null = null;
    while (points[0] && isPast(points[0])) old = points.shift()?.id ?? null;
    return old;
  }
}
