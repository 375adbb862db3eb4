// Applies a shard's outbox to Postgres: rows and offset in one transaction, so each entry is applied exactly once.
import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from '../../src/lib/logger.ts';
import type { Entry, NewerEntryError } from '../../src/outbox/entry.ts';
import type { ShardKeys } from '../../src/storage/keys.ts';
import { inTransaction } from '../../src/storage/postgres.ts';
import { applyEntries, type RefusedEntry } from './apply-entries.ts';
import { OutboxGapError, readOutbox } from './read-outbox.ts';
import { forgetRefused, type ShardLife, settle } from './settle.ts';
import type { TrimLag } from './trim-lag.ts';

export interface PersisterDeps {
  pool: Pool;
  /** Gives up on a read after a second: it is waited for inside a transaction. */
  redis: Redis;
  keysOf: (shard: number) => ShardKeys;
  trimLag: TrimLag;
  /** Hears of every batch after its commit. */
  onApplied?: (entries: Entry[], refused: RefusedEntry[]) => void;
  log: Logger;
}

interface Batch {
  life: ShardLife;
  entries: Entry[];
  /** Those that Postgres refused. */
  refused: RefusedEntry[];
  more: boolean;
  /** The entry behind them, when this release cannot read it. */
  blocked: NewerEntryError | null;
}

/** `wait`: until another worker lets go of the shard. `skip`: leave it to that worker. */
export type WhenLocked = 'wait' | 'skip';

export class Persister {
  readonly #deps: PersisterDeps;
  readonly #said = new Map<number, string>();

  constructor(deps: PersisterDeps) {
    this.#deps = deps;
  }

  /**
   * Applies entries until the outbox is nearly empty or `isStopping` says so.
   * A batch far from full ends the run: whatever comes next rings again, and finds company meanwhile.
   * @returns how many entries were applied
   */
  async drain(
    shard: number,
    whenLocked: WhenLocked,
    isStopping: () => boolean = () => false,
  ): Promise<number> {
    let applied = 0;
    for (;;) {
      const batch = await this.applyBatch(shard, whenLocked);
      applied += batch?.entries.length ?? 0;
      if (!batch?.more || isStopping()) return applied;
    }
  }

  /** One transaction. Null when the shard is locked and was to be skipped. */
  async applyBatch(shard: number, whenLocked: WhenLocked): Promise<Batch | null> {
    const batch = await inTransaction(this.#deps.pool, (client) => this.#apply(client, shard, whenLocked));
    if (batch && batch.entries.length > 0) await this.#afterCommit(shard, batch);
    return batch;
  }

  async #apply(client: PoolClient, shard: number, whenLocked: WhenLocked): Promise<Batch | null> {
    const row = await lockShard(client, shard, whenLocked);
    if (!row) return null;
    return this.applyLocked(client, shard, row);
  }

  /** Applies one batch in a transaction that already holds the shard's row. */
  async applyLocked(client: PoolClient, shard: number, row: ShardLife & { last_id: string }): Promise<Batch> {
    const { redis, keysOf, log } = this.#deps;
    await this.#assertOwn(shard, row);
    const read = await readOutbox(redis, keysOf(shard).outbox, row.last_id, row.epoch).catch((error) => {
      if (error instanceof OutboxGapError)
        this.#sayOnce(shard, error, () => log.fatal({ shard, err: error }, 'shard stopped'));
      throw error;
    });
    const { blocked } = read;
    if (blocked)
      this.#sayOnce(shard, blocked, () =>
        log.error({ shard, reason: blocked.message }, 'blocked: newer entry'),
      );
    const refused = read.entries.length > 0 ? await this.write(client, shard, read.entries) : [];
    return { life: row, entries: read.entries, refused, more: read.more, blocked: read.blocked };
  }

  /** Applies entries that follow the offset and moves it, in a transaction that already holds the shard's row. */
  async write(client: PoolClient, shard: number, entries: Entry[]): Promise<RefusedEntry[]> {
    const refused = await applyEntries(client, shard, entries);
    await client.query({
      name: 'move-offset',
      text: `UPDATE outbox_offsets SET last_id = $2, applied_count = applied_count + $3, updated_at = now()
             WHERE shard = $1`,
      values: [shard, entries.at(-1)!.id, entries.length],
    });
    return refused;
  }

  /** Another database's outbox is not ours to apply, however well its ids would follow. */
  async #assertOwn(shard: number, { home }: ShardLife): Promise<void> {
    const { redis, keysOf, log } = this.#deps;
    const found = await redis.get(keysOf(shard).home);
    if (found === null || found === home) return;
    const error = new Error(`Redis holds shard ${shard} of another database`);
    this.#sayOnce(shard, error, () => log.fatal({ shard, reason: error.message }, 'shard stopped'));
    throw error;
  }

  /** A shard that stands still is tried again every second; it is said when something changes. */
  #sayOnce(shard: number, { message }: Error, say: () => void): void {
    if (this.#said.get(shard) !== message) say();
    this.#said.set(shard, message);
  }

  /** Ties rows to the requests they came from; a refusal is told without the content that caused it. */
  #report(shard: number, entries: Entry[], refused: RefusedEntry[]): void {
    const { log } = this.#deps;
    for (const { entry, sqlstate } of refused) {
      const { id, kind, token, record } = entry;
      log.error(
        { shard, entry: id, kind, application: token, request_id: record.request_id, sqlstate },
        'dead letter',
      );
    }
    if (!log.isLevelEnabled('debug')) return;
    log.debug({ shard, request_ids: entries.map(({ record }) => record.request_id) }, 'entries applied');
  }

  async #afterCommit(shard: number, { life, entries, refused }: Batch): Promise<void> {
    const { redis, keysOf, trimLag, log } = this.#deps;
    const last = entries.at(-1)!;
    this.#deps.onApplied?.(entries, refused);
    this.#report(shard, entries, refused);
    const trimBelow = trimLag.advance(shard, last.id, last.bytes);
    // The rows stand; Redis only keeps more than it needs until the next batch settles.
    try {
      await forgetRefused(
        redis,
        keysOf(shard),
        refused.map(({ entry }) => entry),
      );
      await settle(redis, keysOf(shard), life, entries, trimBelow);
    } catch (error) {
      log.warn({ shard, reason: (error as Error).message }, 'outbox not settled');
    }
  }
}

/** Locks the shard's row for the transaction; null when it is locked and was to be skipped. */
export async function lockShard(client: PoolClient, shard: number, whenLocked: WhenLocked) {
  const { rows } = await client.query<ShardLife & { last_id: string }>(
    `SELECT epoch, home, last_id FROM outbox_offsets WHERE shard = $1
     FOR UPDATE ${whenLocked === 'skip' ? 'SKIP LOCKED' : ''}`,
    [shard],
  );
  return rows[0] ?? null;
}
