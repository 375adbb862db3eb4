import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // The last run of each scheduled task, for operators.
  await knex.schema.createTable('task_runs', (table) => {
    table.text('task').primary();
    table.timestamp('started_at').notNullable();
    table.timestamp('finished_at');
    table.text('outcome');
    table.integer('changed').notNullable().defaultTo(0);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('task_runs');
}
