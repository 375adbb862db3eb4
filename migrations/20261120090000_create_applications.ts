import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('applications', (table) => {
    table.increments('id');
    table.text('token').notNullable().unique();
    table.text('name').notNullable();
    table.jsonb('settings').notNullable().defaultTo('{}');
    table.integer('chats_count').notNullable().defaultTo(0);
    table.integer('last_chat_number').notNullable().defaultTo(0);
    // Chats up to this number are in chats_count; zero or less asks for a full recount.
    table.integer('counted_through').notNullable().defaultTo(0);
    table.boolean('void').notNullable().defaultTo(false);
    table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
    table.timestamp('updated_at').notNullable().defaultTo(knex.fn.now());
    table.timestamp('deleted_at');
  });
  await knex.raw(
    'CREATE INDEX applications_to_reconcile ON applications (id) WHERE last_chat_number > counted_through',
  );
  await knex.raw(
    'CREATE INDEX applications_to_purge ON applications (deleted_at) WHERE deleted_at IS NOT NULL',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('applications');
}
