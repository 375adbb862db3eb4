import type { Knex } from 'knex';

/** The built-in application `lobby` with its open chat 1. Safe to run again. */
export async function seed(knex: Knex): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx('applications')
      .insert({ token: 'lobby', name: 'Lobby', last_chat_number: 1 })
      .onConflict('token')
      .ignore();
    const now = new Date();
    await trx('chats')
      .insert({
        app_token: 'lobby',
        number: 1,
        subject: 'Lobby',
        open: true,
        created_at: now,
        updated_at: now,
        last_activity_at: now,
      })
      .onConflict(['app_token', 'number'])
      .ignore();
  });
}
