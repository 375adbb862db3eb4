// Applies everything that can still be had of a shard's old life, and begins the new one in Postgres.
import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from '../../src/lib/logger.ts';
import { compareIds } from '../../src/outbox/entry-id.ts';
import type { ShardKeys } from '../../src/storage/keys.ts';
import { inTransaction } from '../../src/storage/postgres.ts';
import { lockShard, type Persister } from '../persist/persister.ts';
import type { ShardLife } from '../persist/settle.ts';
import { countLost, readHandIns } from './collect-hand-ins.ts';
import { fillVoids } from './fill-voids.ts';

export interface OpenShardDeps {
  pool: Pool;
  persister: Persister;
  keysOf: (shard: number) => ShardKeys;
  /** A long backlog is left to whoever opens the shard next. */
  isStopping?: () => boolean;
  log: Logger;
}

/** One attempt to open a shard, on one life of one Redis. */
export interface Opening {
  redis: Redis;
  keys: ShardKeys;
  shard: number;
  runId: string;
}

/** What was found when a shard was opened anew, and what was not. */
export interface Recovery {
  epoch: number;
  first: boolean;
  from_outbox: number;
  handed_in: number;
  lost: number;
  voids: number;
}

/**
 * Applies everything that the outbox still holds and what was handed in, then raises the epoch, without letting go of
 * the shard's row.
 * @returns null when somebody else has fenced the shard meanwhile. Only the holder of the fence may raise the epoch:
 *   else Redis would be open under one that Postgres has already left, and its entries would not follow the offset.
 */
export async function raiseEpoch(
  deps: OpenShardDeps,
  opening: Opening,
  fence: string,
  started: number,
): Promise<Recovery | null> {
  const { redis, keys, shard, runId } = opening;
  const drained = await deps.persister.drain(shard, 'wait', deps.isStopping);
  if (deps.isStopping?.()) return null;
  return inTransaction(deps.pool, async (client) => {
    const row = await lockShard(client, shard, 'wait');
    if (!row) throw new Error(`shard ${shard} is not registered`);
    if ((await redis.get(keys.epoch)) !== fence) return null;
    const rest = await applyRest(deps, client, shard, row);
    const found = await applyHandIns(deps, client, opening, fence, rest.last_id);
    const recovery = { epoch: row.epoch + 1, from_outbox: drained + rest.applied, ...found };
    await client.query(
      'UPDATE outbox_offsets SET epoch = $2, run_id = $3, updated_at = now() WHERE shard = $1',
      [shard, recovery.epoch, runId],
    );
    await client.query(
      `INSERT INTO recoveries (shard, epoch, run_id, from_outbox, handed_in, lost, voids, took_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        ...[shard, recovery.epoch, runId, recovery.from_outbox],
        ...[recovery.handed_in, recovery.lost, recovery.voids, Math.round(performance.now() - started)],
      ],
    );
    return { ...recovery, first: row.epoch === 0 };
  });
}

async function applyRest(
  { persister }: OpenShardDeps,
  client: PoolClient,
  shard: number,
  row: ShardLife & { last_id: string },
): Promise<{ last_id: string; applied: number }> {
  let { last_id } = row;
  let applied = 0;
  for (let more = true; more; ) {
    const batch = await persister.applyLocked(client, shard, { ...row, last_id });
    // Under a later epoch these entries would no longer follow the offset.
    if (batch.blocked) throw batch.blocked;
    last_id = batch.entries.at(-1)?.id ?? last_id;
    applied += batch.entries.length;
    more = batch.more;
  }
  return { last_id, applied };
}

async function applyHandIns(
  { persister }: OpenShardDeps,
  client: PoolClient,
  { redis, keys, shard }: Opening,
  fence: string,
  after: string,
): Promise<Pick<Recovery, 'handed_in' | 'lost' | 'voids'>> {
  const entries = (await readHandIns(redis, keys, fence)).filter(({ id }) => compareIds(id, after) > 0);
  if (entries.length === 0) return { handed_in: 0, lost: 0, voids: 0 };
  const voids = await fillVoids(client, entries);
  await persister.write(client, shard, entries);
  return { handed_in: entries.length, lost: countLost(after, entries), voids };
}
