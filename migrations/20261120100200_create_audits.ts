import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // How far the audit has come in its round, and what it found in this round and the one before.
  await knex.schema.createTable('audits', (table) => {
    table.text('kind').primary();
    table.bigInteger('after_id').notNullable().defaultTo(0);
    table.bigInteger('audited').notNullable().defaultTo(0);
    table.integer('drift').notNullable().defaultTo(0);
    table.integer('last_round_drift').notNullable().defaultTo(0);
    table.timestamp('round_ended_at');
    table.timestamp('updated_at').notNullable().defaultTo(knex.fn.now());
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('audits');
}
