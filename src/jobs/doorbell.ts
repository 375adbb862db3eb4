// Rings a shard's persist job after entries were appended.
import type { Queue } from 'bullmq';
import { jobId } from './define-job.ts';
import { persist } from './persist.ts';

/**
 * Between two rings of one shard by one process. A ring costs Redis more than an entry does, and a worker that is
 * rung less often finds more to write in one transaction; the first ring after a pause is immediate.
 */
const SPACING_MS = 20;

export class Doorbell {
  readonly #queue: Queue;
  readonly #onError: (error: Error) => void;
  /** Shards rung within the spacing; true when entries came after the ring. */
  readonly #recent = new Map<number, boolean>();

  constructor(queue: Queue, onError: (error: Error) => void) {
    this.#queue = queue;
    this.#onError = onError;
  }

  /** At most one job of a shard is active and one waiting, however often this is called. Never throws. */
  ring(shard: number): void {
    if (this.#recent.has(shard)) {
      this.#recent.set(shard, true);
      return;
    }
    this.#recent.set(shard, false);
    setTimeout(() => this.#rest(shard), SPACING_MS);
    this.#add(shard, false, { id: jobId('shard', shard), keepLastIfActive: true });
  }

  /** Rings under an id of its own, for a shard whose ordinary job may have died with its worker. */
  sweep(shard: number): void {
    this.#add(shard, true, { id: jobId('sweep', shard) });
  }

  #rest(shard: number): void {
    const again = this.#recent.get(shard);
    this.#recent.delete(shard);
    if (again) this.ring(shard);
  }

  #add(shard: number, sweep: boolean, deduplication: { id: string; keepLastIfActive?: boolean }): void {
    // A ring that is lost with Redis is made up for by the sweep, so nobody waits for it.
    this.#queue
      .add(persist.name, { shard, sweep }, { ...persist.options, deduplication })
      .catch(this.#onError);
  }
}
