import type { Knex } from 'knex';

// One index for words and parts of words: the tenant first (btree_gin), then the trigrams of the body.
export async function up(knex: Knex): Promise<void> {
  await knex.raw('CREATE EXTENSION IF NOT EXISTS pg_trgm');
  await knex.raw('CREATE EXTENSION IF NOT EXISTS btree_gin');
  await knex.raw(
    'CREATE INDEX messages_search ON messages USING gin (app_id, body gin_trgm_ops) WHERE body IS NOT NULL',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX messages_search');
}
