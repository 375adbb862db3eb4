// Baseline (b), the worker: one INSERT per job, many jobs at the same time.
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { concurrency, setting } from './settings.ts';
import type { NewMessage } from './shell.ts';

const pool = new pg.Pool({ connectionString: setting('DATABASE_URL'), max: 16 });

const insert = {
  name: 'insert-message',
  // Comes with the chat's application, as the table asks. Done twice it has one effect.
  text: `INSERT INTO messages (chat_id, app_id, number, body, author_type, created_at, updated_at)
         SELECT chats.id, applications.id, $2, $3, $4, $5, $5
         FROM chats JOIN applications ON applications.token = chats.app_token
         WHERE chats.app_token = $6 AND chats.number = $1
         ON CONFLICT DO NOTHING`,
};

const app = setting('BENCH_APP');
const worker = new Worker<NewMessage & { number: number }>(
  'messages',
  async ({ data: { chat, number, body, authorType, at } }) => {
    await pool.query({ ...insert, values: [chat, number, body, authorType, new Date(at), app] });
  },
  {
    connection: new Redis(setting('REDIS_URL'), { maxRetriesPerRequest: null }),
    prefix: `{${setting('REDIS_PREFIX')}}`,
    concurrency: concurrency(),
  },
);
worker.on('error', (error) => console.error(error));

process.once('SIGTERM', () => {
  void worker
    .close()
    .then(() => pool.end())
    .finally(() => process.exit(0));
});
