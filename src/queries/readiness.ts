// Whether this process can do its work: its stores answer, know each other, and have the tables it was built for.
import { readdir } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { within } from '../lib/within.ts';
import type { Offsets } from '../outbox/offsets.ts';
import type { ShardKeys } from '../storage/keys.ts';

const CHECK_MS = 1500;

export type Check = 'ok' | string;

export interface Readiness {
  ready: boolean;
  checks: { postgres: Check; redis: Check; migrations: Check; epoch: Check };
}

export interface ReadinessDeps {
  knex: Knex;
  redis: Redis;
  offsets: Offsets;
  keysOf: (shard: number) => ShardKeys;
}

const outcome = (check: Promise<Check>): Promise<Check> =>
  within(CHECK_MS, check, () => new Error('no answer')).catch(() => 'does not answer');

async function checkMigrations(knex: Knex): Promise<Check> {
  const wanted = await readdir(new URL('../../migrations', import.meta.url));
  const rows: { name: string }[] = await knex('knex_migrations').select('name');
  const done = new Set(rows.map(({ name }) => name.replace(/\.[jt]s$/, '')));
  const missing = wanted.filter((file) => !done.has(file.replace(/\.[jt]s$/, '')));
  return missing.length === 0 ? 'ok' : `${missing.length} to run`;
}

/** The key that every reserve call compares must be the one that Postgres has. */
async function checkEpochs({ offsets, redis, keysOf }: ReadinessDeps): Promise<Check> {
  await offsets.refresh();
  if (offsets.all().length === 0) return 'no shard is registered';
  const closed: number[] = [];
  for (const { shard, epoch } of offsets.all()) {
    if (epoch === 0 || (await redis.get(keysOf(shard).epoch)) !== String(epoch)) closed.push(shard);
  }
  return closed.length === 0 ? 'ok' : `shards not open: ${closed.join(', ')}`;
}

export const readiness = (deps: ReadinessDeps) => async (): Promise<Readiness> => {
  const [postgres, redis, migrations, epoch] = await Promise.all([
    outcome(deps.knex.raw('SELECT 1').then(() => 'ok')),
    outcome(deps.redis.ping().then(() => 'ok')),
    outcome(checkMigrations(deps.knex)),
    outcome(checkEpochs(deps)),
  ]);
  const checks = { postgres, redis, migrations, epoch };
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks };
};
