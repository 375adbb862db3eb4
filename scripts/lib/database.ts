// Migrations and seeds, in process.
import knex, { type Knex } from 'knex';
import { knexConfig } from '../../config/database.ts';

/** Runs `work` with a Knex for `url` and closes it afterwards. */
export async function withKnex<T>(url: string, work: (db: Knex) => Promise<T>): Promise<T> {
  const db = knex(knexConfig(url));
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** Brings the schema up to date and makes sure the seeded rows are there; returns the migrations that ran. */
export async function migrateAndSeed(url: string): Promise<string[]> {
  return withKnex(url, async (db) => {
    const [, ran] = (await db.migrate.latest()) as [number, string[]];
    await db.seed.run();
    return ran;
  });
}
