import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('messages', (table) => {
    table.bigIncrements('id');
    table.bigInteger('chat_id').notNullable().references('id').inTable('chats').onDelete('CASCADE');
    // Repeats the chat's application, so that a search of one tenant never reads another's index entries.
    table.integer('app_id').notNullable();
    table.integer('number').notNullable();
    table.text('body');
    table.text('author_type').notNullable();
    table.text('author_id');
    table.text('author_name');
    table.boolean('void').notNullable().defaultTo(false);
    table.timestamp('created_at').notNullable();
    table.timestamp('updated_at').notNullable();
    table.timestamp('persisted_at').notNullable().defaultTo(knex.raw('clock_timestamp()'));
    table.timestamp('edited_at');
    table.timestamp('deleted_at');
    table.unique(['chat_id', 'number']);
    table.check("author_type IN ('customer', 'service_agent', 'ai', 'system')", [], 'messages_author_type');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('messages');
}
