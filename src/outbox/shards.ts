import type { Knex } from 'knex';
import { StartError } from '../lib/run-entry.ts';

/**
 * Makes sure that Postgres knows `count` shards. It may grow at any time; fewer than are registered are refused,
 * since applications live in them.
 * @throws StartError that names the smallest allowed value
 */
export async function registerShards(knex: Knex, count: number): Promise<void> {
  const [row] = await knex('outbox_offsets').max<{ max: number | null }[]>('shard as max');
  const registered = (row?.max ?? -1) + 1;
  if (registered > count) {
    throw new StartError(
      `SHARDS is ${count}, but this database already has ${registered}. It may only grow.`,
      {
        isPermanent: true,
      },
    );
  }
  const shards = Array.from({ length: count }, (_, shard) => ({ shard }));
  await knex('outbox_offsets').insert(shards).onConflict('shard').ignore();
}
