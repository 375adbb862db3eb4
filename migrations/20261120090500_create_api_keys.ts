import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('api_keys', (table) => {
    table.uuid('id').primary();
    table.text('app_token').notNullable().references('token').inTable('applications').onDelete('CASCADE');
    table.text('name');
    table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
    table.index(['app_token']);
  });
  // Tokens that no longer hold although their signature does; every API process reads what is new.
  await knex.schema.createTable('revoked_tokens', (table) => {
    table.bigIncrements('id');
    table.text('jti').notNullable().unique();
    table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
    table.timestamp('expires_at');
    table.index(['created_at']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('revoked_tokens');
  await knex.schema.dropTable('api_keys');
}
