// Opens a shard for a life of Redis: fence, wait for what API processes hand in, apply what is left and what they had,
// raise the epoch, load the scripts, open.
// Dying between any two steps leaves the shard fenced; whoever comes next does it again.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from '../src/lib/logger.ts';
import { luaScript } from '../src/lib/lua-script.ts';
import { compareIds } from '../src/outbox/entry-id.ts';
import { installScript } from '../src/reserve/hydrate.ts';
import { reserveScript } from '../src/reserve/shard-reserver.ts';
import { type ShardKeys, scriptScope } from '../src/storage/keys.ts';
import { inTransaction } from '../src/storage/postgres.ts';
import { assertUsable, readRunId } from '../src/storage/redis.ts';
import { awaitHandIns, countLost, readHandIns } from './collect-hand-ins.ts';
import { fillVoids } from './persist/fill-voids.ts';
import { lockShard, type Persister } from './persist/persister.ts';
import { type ShardLife, settleOffset, settleScript } from './persist/settle.ts';

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
  const { rows } = await pool.query(
    'SELECT epoch, home, last_id, run_id FROM outbox_offsets WHERE shard = $1',
    [shard],
  );
  const row = rows[0];
  if (!row || row.epoch === 0 || row.run_id !== runId) return false;
  if ((await redis.get(keys.epoch)) !== String(row.epoch)) return false;
  await loadMissingScripts(redis, scriptScope(keys, row.home));
  await settleOffset(redis, keys, row);
  return true;
}

/**
 * Only here are scripts loaded, for this shard alone: a Redis that does not know them is one on which nobody has
 * opened the shard.
 */
async function loadMissingScripts(redis: Redis, scope: string): Promise<void> {
  const own = scripts.map((script) => script(scope));
  const known = (await redis.script('EXISTS', ...own.map(({ sha }) => sha))) as number[];
  for (const [i, { source }] of own.entries()) if (!known[i]) await redis.script('LOAD', source);
}

async function recover(deps: OpenShardDeps, opening: Opening): Promise<void> {
  const { redis, keys, shard } = opening;
  const started = performance.now();
  await assertUsable(redis);
  const scope = scriptScope(keys, await assertOwn(deps, opening));
  const fence = `fence:${randomUUID()}`;
  await redis.set(keys.epoch, fence);
  await awaitHandIns(redis, deps.pool, keys, fence);
  const recovery = await raiseEpoch(deps, opening, fence, started);
  if (!recovery) return;
  await loadMissingScripts(redis, scope);
  const { epoch, first } = recovery;
  const script = openScript(scope);
  const opened = await redis.evalsha(script.sha, 2, keys.epoch, keys.gauge, fence, epoch, first ? 1 : 0);
  await redis.unlink(keys.handIn(fence));
  const line = { shard, ...recovery, opened: opened === 1 };
  if (first) deps.log.info(line, 'shard opened');
  else if (recovery.lost === 0) deps.log.info(line, 'shard opened under a new epoch');
  else deps.log.error(line, 'shard opened under a new epoch; entries are lost');
}

/** What was found when a shard was opened anew, and what was not. */
interface Recovery {
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
async function raiseEpoch(
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

/**
 * Refuses a Redis whose shard belongs to another database, before anything there is touched. A Redis that holds
 * nothing of the shard belongs to whoever comes first.
 * @returns the database's own mark
 */
async function assertOwn({ pool }: OpenShardDeps, { redis, keys, shard }: Opening): Promise<string> {
  const { rows } = await pool.query('SELECT epoch, home FROM outbox_offsets WHERE shard = $1', [shard]);
  const { epoch, home } = rows[0] ?? {};
  const isNew = epoch === 0 && (await redis.xlen(keys.outbox)) === 0;
  const found = await redis.get(keys.home);
  if (found === home || (found === null && (isNew || epoch > 0))) {
    await redis.set(keys.home, home);
    return home;
  }
  throw new Error(
    `Redis holds shard ${shard} of another database. Point REDIS_URL or DATABASE_URL at the right store, or choose another REDIS_PREFIX.`,
  );
}
