import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('read_positions', (table) => {
    table.bigInteger('chat_id').notNullable().references('id').inTable('chats').onDelete('CASCADE');
    table.text('reader').notNullable();
    table.integer('number').notNullable();
    table.timestamp('updated_at').notNullable().defaultTo(knex.fn.now());
    table.primary(['chat_id', 'reader']);
    table.index(['reader']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('read_positions');
}
