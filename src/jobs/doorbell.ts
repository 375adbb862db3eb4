// Rings a shard's persist job after entries were appended.
import type { DeduplicationOptions, JobsOptions, Queue } from 'bullmq';
import { jobId, type PayloadOf } from './define-job.ts';
import { persist } from './persist.ts';

/**
 * Between two rings of one shard by one process. A ring costs Redis more than an entry does, and a worker that is
 * rung less often finds more to write in one transaction; the first ring after a pause is immediate.
 */
const SPACING_MS = 20;

/** At most one sweep of a shard in so long; what a sweep that died with its worker costs. */
const SWEEP_SLOT_MS = 2000;
/** Few, so that sweeps do not pile up while no worker runs; together longer than a dead worker's job is held. */
const SWEEP_SLOTS = 5;

export class Doorbell {
  readonly #queue: Queue;
  readonly #onError: (error: Error) => void;
  /** Shards rung within the spacing; with the request that came after the ring, if one did. */
  readonly #recent = new Map<number, string | null>();

  constructor(queue: Queue, onError: (error: Error) => void) {
    this.#queue = queue;
    this.#onError = onError;
  }

  /** At most one job of a shard is active and one waiting, however often this is called. Never throws. */
  ring(shard: number, requestId: string): void {
    if (this.#recent.has(shard)) {
      this.#recent.set(shard, requestId);
      return;
    }
    this.#recent.set(shard, null);
    setTimeout(() => this.#rest(shard), SPACING_MS);
    const payload = { shard, sweep: false, request_id: requestId };
    this.#add(payload, { id: jobId('shard', shard), keepLastIfActive: true });
  }

  /**
   * Rings for a shard whose ordinary job may have died with its worker: under an id of its own, which changes soon,
   * since a sweep may die as well. The next sweep is its retry.
   */
  sweep(shard: number): void {
    const slot = Math.floor(Date.now() / SWEEP_SLOT_MS) % SWEEP_SLOTS;
    const once = { attempts: 1, removeOnFail: true };
    this.#add({ shard, sweep: true }, { id: jobId('sweep', shard, slot) }, once);
  }

  #rest(shard: number): void {
    const again = this.#recent.get(shard);
    this.#recent.delete(shard);
    if (again) this.ring(shard, again);
  }

  #add(
    payload: PayloadOf<typeof persist>,
    deduplication: DeduplicationOptions,
    options: JobsOptions = {},
  ): void {
    // A ring that is lost with Redis is made up for by the sweep, so nobody waits for it.
    this.#queue
      .add(persist.name, payload, { ...persist.options, ...options, deduplication })
      .catch(this.#onError);
  }
}
