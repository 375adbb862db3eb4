// What Postgres says of each shard: its epoch and how far its outbox is applied. Polled, and read at once on demand.

import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { unavailable } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ShardKeys } from '../storage/keys.ts';
import { BEFORE_ALL, compareIds, parseId } from './entry-id.ts';

export interface ShardRow {
  shard: number;
  /** 0 until a worker has opened the shard. */
  epoch: number;
  last_id: string;
  run_id: string | null;
  /** Tells this database's shard from another's under the same keys. */
  home: string;
  applied_count: number;
}

/** Epochs are learnt from Postgres at least this often, so a process on an isolated old master stops soon. */
const POLL_MS = 2000;
/** Between two looks while somebody waits for a shard to be applied. */
const WAIT_POLL_MS = 8;
/** Over so long a rate is measured. */
const RATE_MS = 1000;

/** Whether everything up to `id` is in Postgres, or is known to be lost with an older epoch. */
export const isApplied = (row: ShardRow, id: string): boolean =>
  id === BEFORE_ALL || compareIds(row.last_id, id) >= 0 || row.epoch > parseId(id).epoch;

export class Offsets {
  readonly #knex: Knex;
  readonly #log: Logger;
  readonly #rows = new Map<number, ShardRow>();
  readonly #rates = new Map<number, { at: number; count: number; rate: number }>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(knex: Knex, log: Logger) {
    this.#knex = knex;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => {
      this.refresh().catch((error) => this.#log.warn({ reason: error.message }, 'shard epochs not read'));
    }, POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get(shard: number): ShardRow | undefined {
    return this.#rows.get(shard);
  }

  all(): ShardRow[] {
    return [...this.#rows.values()];
  }

  /** Entries a second that Postgres has lately taken of a shard while some were waiting; 0 when not known. */
  drainRate(shard: number): number {
    return this.#rates.get(shard)?.rate ?? 0;
  }

  #measure({ shard, applied_count }: ShardRow): void {
    const now = performance.now();
    const last = this.#rates.get(shard);
    if (last && now - last.at < RATE_MS) return;
    const rate = last ? ((applied_count - last.count) / (now - last.at)) * 1000 : 0;
    this.#rates.set(shard, { at: now, count: applied_count, rate });
  }

  /** Reads all rows now; calls at the same time share one query. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const rows: ShardRow[] = await this.#knex('outbox_offsets').select(
      'shard',
      'epoch',
      'last_id',
      'run_id',
      'home',
      'applied_count',
    );
    const present = new Set(rows.map(({ shard }) => shard));
    for (const shard of this.#rows.keys()) if (!present.has(shard)) this.#rows.delete(shard);
    for (const row of rows) {
      this.#measure(row);
      this.#rows.set(row.shard, row);
    }
  }

  /**
   * Waits until Postgres holds everything up to `id` of the shard.
   * @throws ProblemError `unavailable` after `limitMs`
   */
  async reached(shard: number, id: string, limitMs = 1000): Promise<void> {
    if (id === BEFORE_ALL) return;
    const until = Date.now() + limitMs;
    for (;;) {
      const row = this.#rows.get(shard);
      if (row && isApplied(row, id)) return;
      if (Date.now() >= until) throw unavailable('The latest writes are still on their way to the database.');
      await this.refresh();
      const fresh = this.#rows.get(shard);
      if (fresh && isApplied(fresh, id)) return;
      await new Promise((resolve) => setTimeout(resolve, WAIT_POLL_MS));
    }
  }
}

export interface NewestEntry {
  /** The epoch that Redis is open under, null for none, or a fence. */
  epoch: string | null;
  /** `0-0` when nothing was appended. */
  id: string;
}

/** The newest entry of a shard's outbox, without reading the entry itself where the gauge knows. */
export async function newestEntry(redis: Redis, keys: ShardKeys): Promise<NewestEntry> {
  const [epoch, sequence] = await Promise.all([redis.get(keys.epoch), redis.hget(keys.gauge, 'seq')]);
  if (sequence !== null && /^\d+$/.test(epoch ?? '')) return { epoch, id: `${epoch}-${sequence}` };
  const [newest] = await redis.xrevrange(keys.outbox, '+', '-', 'COUNT', 1);
  return { epoch, id: newest?.[0] ?? BEFORE_ALL };
}

/**
 * `applied(shard)`: after it, the primary shows every write that was acknowledged before the call.
 * A Redis under another epoch than Postgres' does not know what was acknowledged: it is being recovered, or is a
 * master that has been replaced.
 * @throws ProblemError `unavailable`
 */
export function createApplied(offsets: Offsets, redis: Redis, keysOf: (shard: number) => ShardKeys) {
  const isCurrent = (shard: number, epoch: string | null) =>
    (epoch ?? '0') === String(offsets.get(shard)?.epoch);
  return async (shard: number): Promise<void> => {
    const { epoch, id } = await newestEntry(redis, keysOf(shard));
    if (!isCurrent(shard, epoch)) {
      await offsets.refresh();
      // Nothing can be in a shard that nobody has registered.
      if (!offsets.get(shard)) return;
      if (!isCurrent(shard, epoch)) throw unavailable('The shard is being recovered.');
    }
    await offsets.reached(shard, id);
  };
}

export type Applied = ReturnType<typeof createApplied>;
