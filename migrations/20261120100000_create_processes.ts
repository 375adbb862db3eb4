import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // Who is alive: a recovery waits for every API process to hand in what only it remembers.
  await knex.schema.createTable('processes', (table) => {
    table.uuid('id').primary();
    table.text('role').notNullable();
    table.text('host').notNullable();
    table.integer('pid').notNullable();
    table.text('version').notNullable();
    table.timestamp('started_at').notNullable().defaultTo(knex.fn.now());
    table.timestamp('seen_at').notNullable().defaultTo(knex.fn.now());
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('processes');
}
