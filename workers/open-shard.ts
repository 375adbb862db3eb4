// Opens a shard for a life of Redis: fence, apply what is left, raise the epoch, load the scripts, open.
// Dying between any two steps leaves the shard fenced; whoever comes next does it again.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Logger } from '../src/lib/logger.ts';
import { luaScript } from '../src/lib/lua-script.ts';
import { installScript } from '../src/reserve/hydrate.ts';
import { reserveScript } from '../src/reserve/shard-reserver.ts';
import type { ShardKeys } from '../src/storage/keys.ts';
import { inTransaction } from '../src/storage/postgres.ts';
import { assertUsable, readRunId } from '../src/storage/redis.ts';
import { lockShard, type Persister } from './persist/persister.ts';
import { settleOffset, settleScript } from './persist/settle.ts';

const openScript = luaScript(import.meta.url, './open-shard.lua');
const scripts = [reserveScript, installScript, settleScript, openScript];

export interface OpenShardDeps {
  pool: Pool;
  persister: Persister;
  keysOf: (shard: number) => ShardKeys;
  /** A long backlog is left to whoever opens the shard next. */
  isStopping?: () => boolean;
  log: Logger;
}

interface Opening {
  redis: Redis;
  keys: ShardKeys;
  shard: number;
  runId: string;
}

/**
 * Makes sure that the shard is open for the Redis behind the connection. Cheap when it is.
 * @param redis never reconnects, so that all steps happen in one life of one Redis
 * @returns whether it had to be opened
 */
export async function openShard(deps: OpenShardDeps, redis: Redis, shard: number): Promise<boolean> {
  const opening = { redis, keys: deps.keysOf(shard), shard, runId: await readRunId(redis) };
  if (await isOpen(deps, opening)) return false;
  await recover(deps, opening);
  return true;
}

async function isOpen({ pool }: OpenShardDeps, { redis, keys, shard, runId }: Opening): Promise<boolean> {
  const { rows } = await pool.query('SELECT epoch, last_id, run_id FROM outbox_offsets WHERE shard = $1', [
    shard,
  ]);
  const row = rows[0];
  if (!row || row.epoch === 0 || row.run_id !== runId) return false;
  if ((await redis.get(keys.epoch)) !== String(row.epoch)) return false;
  await loadMissingScripts(redis, keys);
  await settleOffset(redis, keys, row);
  return true;
}

/**
 * Only here are scripts loaded, for this shard alone: a Redis that does not know them is one on which nobody has
 * opened the shard.
 */
async function loadMissingScripts(redis: Redis, keys: ShardKeys): Promise<void> {
  const own = scripts.map((script) => script(keys.tag));
  const known = (await redis.script('EXISTS', ...own.map(({ sha }) => sha))) as number[];
  for (const [i, { source }] of own.entries()) if (!known[i]) await redis.script('LOAD', source);
}

async function recover(deps: OpenShardDeps, opening: Opening): Promise<void> {
  const { redis, keys, shard } = opening;
  await assertUsable(redis);
  await assertOwn(deps, opening);
  const fence = `fence:${randomUUID()}`;
  await redis.set(keys.epoch, fence);
  const raised = await raiseEpoch(deps, opening, fence);
  if (!raised) return;
  const { epoch, first } = raised;
  await loadMissingScripts(redis, keys);
  const opened = await redis.evalsha(
    openScript(keys.tag).sha,
    2,
    keys.epoch,
    keys.gauge,
    fence,
    epoch,
    first ? 1 : 0,
  );
  const line = { shard, epoch, opened: opened === 1 };
  if (first) deps.log.info(line, 'shard opened');
  else deps.log.warn(line, 'shard opened under a new epoch');
}

/**
 * Applies everything the outbox still holds, then raises the epoch, without letting go of the shard's row.
 * @returns null when somebody else has fenced the shard meanwhile. Only the holder of the fence may raise the epoch:
 *   else Redis would be open under one that Postgres has already left, and its entries would not follow the offset.
 */
async function raiseEpoch(
  deps: OpenShardDeps,
  opening: Opening,
  fence: string,
): Promise<{ epoch: number; first: boolean } | null> {
  const { redis, keys, shard, runId } = opening;
  await deps.persister.drain(shard, 'wait', deps.isStopping);
  if (deps.isStopping?.()) return null;
  return inTransaction(deps.pool, async (client) => {
    let row = await lockShard(client, shard, 'wait');
    if (!row) throw new Error(`shard ${shard} is not registered`);
    if ((await redis.get(keys.epoch)) !== fence) return null;
    const first = row.epoch === 0;
    for (let more = true; more; ) {
      const batch = await deps.persister.applyLocked(client, shard, row);
      // Under a later epoch these entries would no longer follow the offset.
      if (batch.blocked) throw batch.blocked;
      row = { ...row, last_id: batch.entries.at(-1)?.id ?? row.last_id };
      more = batch.more;
    }
    await client.query(
      'UPDATE outbox_offsets SET epoch = epoch + 1, run_id = $2, updated_at = now() WHERE shard = $1',
      [shard, runId],
    );
    return { epoch: row.epoch + 1, first };
  });
}

/**
 * Refuses a Redis whose shard belongs to another database, before anything there is touched. A Redis that holds
 * nothing of the shard belongs to whoever comes first.
 */
async function assertOwn({ pool }: OpenShardDeps, { redis, keys, shard }: Opening): Promise<void> {
  const { rows } = await pool.query('SELECT epoch, home FROM outbox_offsets WHERE shard = $1', [shard]);
  const { epoch, home } = rows[0] ?? {};
  const isNew = epoch === 0 && (await redis.xlen(keys.outbox)) === 0;
  const found = await redis.get(keys.home);
  if (found === home || (found === null && (isNew || epoch > 0))) {
    await redis.set(keys.home, home);
    return;
  }
  throw new Error(
    `Redis holds shard ${shard} of another database. Point REDIS_URL or DATABASE_URL at the right store, or choose another REDIS_PREFIX.`,
  );
}
