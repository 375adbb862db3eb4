import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('chats', (table) => {
    table.bigIncrements('id');
    table.text('app_token').notNullable().references('token').inTable('applications').onDelete('CASCADE');
    table.integer('number').notNullable();
    table.text('subject');
    table.text('character_id');
    table.jsonb('metadata').notNullable().defaultTo('{}');
    table.text('status').notNullable().defaultTo('open');
    table.boolean('open').notNullable().defaultTo(false);
    table.specificType('labels', 'text[]').notNullable().defaultTo('{}');
    table.text('owner_type');
    table.text('owner_id');
    table.integer('owner_version').notNullable().defaultTo(0);
    table.text('customer_id');
    table.integer('message_count').notNullable().defaultTo(0);
    table.integer('last_message_number').notNullable().defaultTo(0);
    // Messages up to this number are in message_count; zero or less asks for a full recount.
    table.integer('counted_through').notNullable().defaultTo(0);
    table.boolean('void').notNullable().defaultTo(false);
    table.timestamp('created_at').notNullable();
    table.timestamp('updated_at').notNullable();
    // Whole milliseconds, as the cursors of the chat list hold them.
    table.timestamp('last_activity_at', { precision: 3 }).notNullable();
    table.unique(['app_token', 'number']);
    table.index(['app_token', 'last_activity_at', 'number']);
    table.index(['app_token', 'status', 'number']);
    table.check("status IN ('open', 'bot', 'waiting', 'assigned', 'closed')", [], 'chats_status');
  });
  // A customer's list: their own chats and the open ones.
  await knex.raw(
    'CREATE INDEX chats_of_customer ON chats (app_token, customer_id, number) WHERE customer_id IS NOT NULL',
  );
  await knex.raw('CREATE INDEX chats_open ON chats (app_token, number) WHERE open');
  await knex.raw('CREATE INDEX chats_to_reconcile ON chats (id) WHERE last_message_number > counted_through');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('chats');
}
