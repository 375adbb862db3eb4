import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // One row per shard: how far the outbox is applied, and which life of Redis it belongs to.
  await knex.schema.createTable('outbox_offsets', (table) => {
    table.integer('shard').primary();
    table.bigInteger('epoch').notNullable().defaultTo(0);
    table.text('last_id').notNullable().defaultTo('0-0');
    table.text('run_id');
    // Kept in Redis as well: tells this database's shard from another's under the same prefix.
    table.uuid('home').notNullable().defaultTo(knex.raw('gen_random_uuid()'));
    table.bigInteger('applied_count').notNullable().defaultTo(0);
    table.timestamp('updated_at').notNullable().defaultTo(knex.fn.now());
  });
  await knex.schema.createTable('dead_letters', (table) => {
    table.bigIncrements('id');
    table.integer('shard').notNullable();
    table.text('entry_id').notNullable();
    table.text('kind').notNullable();
    table.text('app_token').notNullable();
    table.integer('chat_number');
    table.integer('number');
    // Bytes, not text: what Postgres refused as text must still fit here.
    table.binary('record').notNullable();
    table.text('sqlstate').notNullable();
    table.text('reason').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
    table.timestamp('replayed_at');
    table.unique(['shard', 'entry_id']);
    table.index(['app_token']);
  });
  await knex.schema.createTable('idempotency_keys', (table) => {
    table.specificType('key_hash', 'bytea').primary();
    table.specificType('fingerprint', 'bytea').notNullable();
    table.text('answer').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
    table.index(['created_at']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('idempotency_keys');
  await knex.schema.dropTable('dead_letters');
  await knex.schema.dropTable('outbox_offsets');
}
