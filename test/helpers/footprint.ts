// What a deployment has stored, as counts: two equal footprints mean that nothing was written in between.
import type { Deployment } from './deployment.ts';

/** Rows of every table, keys of every shard, and the lengths of the outboxes. */
export async function footprintOf({ knex, redis, env }: Deployment): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const { rows: tables } = await knex.raw(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
  );
  for (const { name } of tables as { name: string }[]) {
    const [row] = await knex(name).count({ count: '*' });
    found[name] = Number(row!.count);
  }
  const keys = await redis.keys(`${env.REDIS_PREFIX}:{[0-9]*}:*`);
  found['redis keys'] = keys.length;
  for (const key of keys.filter((name) => name.endsWith(':outbox'))) found[key] = await redis.xlen(key);
  return found;
}
