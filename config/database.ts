// Knex's settings for migrations and seeds; the processes build their own pools in src/storage/postgres.ts.
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';

/** Where migrations and seeds live and how they are recorded; `connection` is a Postgres URL. */
export const knexConfig = (connection: string): Knex.Config => ({
  client: 'pg',
  connection,
  pool: { min: 0, max: 2 },
  migrations: {
    directory: fileURLToPath(new URL('../migrations', import.meta.url)),
    loadExtensions: ['.ts'],
  },
  seeds: { directory: fileURLToPath(new URL('../seeds', import.meta.url)), loadExtensions: ['.ts'] },
});
