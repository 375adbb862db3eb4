// Databases for tests: cloned from a migrated and seeded template, which takes some ten milliseconds.
import { randomBytes } from 'node:crypto';
import knex from 'knex';
import { knexConfig } from '../../config/database.ts';

export const TEMPLATE = 'anteroom_template';

const withName = (url: string, name: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
};

export const templateUrl = (url: string): string => withName(url, TEMPLATE);

function storeUrl(name: 'TEST_POSTGRES_URL' | 'TEST_REDIS_URL'): string {
  const url = process.env[name];
  if (!url) throw new Error('the stores are not up: run tests with npm test');
  return url;
}

export const redisUrl = (): string => storeUrl('TEST_REDIS_URL');

/** A database of one's own; `drop` also ends connections that are still open. */
export async function createDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const run = async (sql: string) => {
    const admin = knex(knexConfig(storeUrl('TEST_POSTGRES_URL')));
    try {
      await admin.raw(sql);
    } finally {
      await admin.destroy();
    }
  };
  await run(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return {
    url: withName(storeUrl('TEST_POSTGRES_URL'), name),
    drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
