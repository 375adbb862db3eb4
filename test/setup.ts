// One Postgres and one Redis for the whole run. Each deployment under test gets a database and a key prefix of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex from 'knex';
import { knexConfig } from '../config/database.ts';
import { startPostgres } from '../scripts/embedded/postgres.ts';
import { startRedis } from '../scripts/embedded/redis.ts';
import { TEMPLATE, templateUrl } from './helpers/databases.ts';

const stops: (() => Promise<unknown>)[] = [];

async function createTemplate(url: string): Promise<void> {
  const admin = knex(knexConfig(url));
  await admin.raw(`CREATE DATABASE ${TEMPLATE}`);
  await admin.destroy();
  const template = knex(knexConfig(templateUrl(url)));
  await template.migrate.latest();
  await template.seed.run();
  await template.destroy();
}

export async function mochaGlobalSetup(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'anteroom-test-'));
  stops.push(() => rm(dir, { recursive: true, force: true }));
  // A test kills processes, never the machine, so nothing is lost by not waiting for the disk.
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), fsync: false });
  stops.unshift(() => postgres.stop());
  const redis = await startRedis({ dir: join(dir, 'redis'), appendonly: false });
  stops.unshift(() => redis.stop());
  process.env.TEST_POSTGRES_URL = postgres.url;
  process.env.TEST_REDIS_URL = redis.url;
  await createTemplate(postgres.url);
}

export async function mochaGlobalTeardown(): Promise<void> {
  for (const stop of stops) await stop();
}
