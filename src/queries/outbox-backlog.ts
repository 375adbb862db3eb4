import type { Redis } from 'ioredis';
import { compareIds, parseId } from '../outbox/entry-id.ts';
import { newestEntry, type Offsets } from '../outbox/offsets.ts';
import type { ShardKeys } from '../storage/keys.ts';

export interface ShardBacklog {
  shard: number;
  epoch: number;
  /** Entries that Postgres has yet to apply. */
  waiting: number;
  persisted: number;
}

/** How far each shard's outbox is ahead of Postgres, read now. */
export const outboxBacklog =
  (deps: { offsets: Offsets; redis: Redis; keysOf: (shard: number) => ShardKeys }) =>
  async (): Promise<ShardBacklog[]> => {
    const ids = await Promise.all(
      deps.offsets
        .all()
        .map(async ({ shard }) => [shard, (await newestEntry(deps.redis, deps.keysOf(shard))).id] as const),
    );
    await deps.offsets.refresh();
    const newest = new Map(ids);
    return deps.offsets.all().map(({ shard, epoch, last_id, applied_count }) => {
      const last = newest.get(shard) ?? last_id;
      return { shard, epoch, waiting: entriesBetween(last_id, last), persisted: applied_count };
    });
  };

function entriesBetween(applied: string, last: string): number {
  if (compareIds(last, applied) <= 0) return 0;
  const from = parseId(applied);
  const to = parseId(last);
  return from.epoch === to.epoch ? to.sequence - from.sequence : to.sequence + 1;
}
