import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // One row for each time a shard was opened under a new epoch, with what was found and what was not.
  await knex.schema.createTable('recoveries', (table) => {
    table.increments('id');
    table.integer('shard').notNullable();
    table.bigInteger('epoch').notNullable();
    table.text('run_id').notNullable();
    // Entries that the outbox still held, and those that API processes handed in.
    table.integer('from_outbox').notNullable();
    table.integer('handed_in').notNullable();
    // Entries that nobody has any more although later ones were there, and the void rows that stand for them.
    table.integer('lost').notNullable();
    table.integer('voids').notNullable();
    table.integer('took_ms').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('recoveries');
}
