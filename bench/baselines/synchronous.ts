// Baseline (c): Postgres alone. One transaction per message takes the number and inserts the row; the answer follows its
// commit. Both steps are one prepared statement, so that a chat's row is locked no longer than one round trip.
import pg from 'pg';
import { concurrency, setting } from './settings.ts';
import { serve } from './shell.ts';

const pool = new pg.Pool({
  connectionString: setting('DATABASE_URL'),
  max: concurrency(),
});
const app = setting('BENCH_APP');

const write = {
  name: 'write-message',
  text: `WITH chat AS (
           UPDATE chats SET last_message_number = last_message_number + 1, last_activity_at = $4
           FROM applications
           WHERE chats.app_token = $5 AND chats.number = $1 AND applications.token = chats.app_token
           RETURNING chats.id, applications.id AS app_id, last_message_number AS number
         )
         INSERT INTO messages (chat_id, app_id, number, body, author_type, created_at, updated_at)
         SELECT id, app_id, number, $2, $3, $4, $4 FROM chat
         RETURNING number`,
};

await serve(
  async ({ chat, body, authorType, at }) => {
    const { rows } = await pool.query({ ...write, values: [chat, body, authorType, new Date(at), app] });
    return rows[0].number as number;
  },
  () => pool.end(),
);
