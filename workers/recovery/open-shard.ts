// Opens a shard for a life of Redis: fence, wait for what API processes hand in, apply what is left and what they had,
// raise the epoch, load the scripts, open.
// Dying between any two steps leaves the shard fenced; whoever comes next does it again.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { luaScript } from '../../src/lib/lua-script.ts';
import { installScript } from '../../src/reserve/hydrate.ts';
import { reserveScript } from '../../src/reserve/shard-reserver.ts';
import { scriptScope } from '../../src/storage/keys.ts';
import { assertUsable, readRunId } from '../../src/storage/redis.ts';
import { settleOffset, settleScript } from '../persist/settle.ts';
import { awaitHandIns } from './collect-hand-ins.ts';
import { type Opening, type OpenShardDeps, raiseEpoch } from './raise-epoch.ts';

const openScript = luaScript(import.meta.url, './open-shard.lua');
const scripts = [reserveScript, installScript, settleScript, openScript];

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
