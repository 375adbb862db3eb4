// `npm run migrate -- latest | seed | deploy | rollback | status`: the schema of DATABASE_URL, or of the running
// `npm start`.
import type { Knex } from 'knex';
import { livingProcesses } from '../src/storage/process-registry.ts';
import { withKnex } from './lib/database.ts';
import { findDatabaseUrl } from './lib/stores.ts';
import { runTool } from './lib/tool.ts';
import { UserError } from './lib/user-error.ts';

const list = (title: string, names: string[]) =>
  console.log(
    names.length > 0 ? `${title}:\n${names.map((name) => `  ${name}`).join('\n')}` : `${title}: none`,
  );

async function latest(db: Knex): Promise<void> {
  const [, ran] = await db.migrate.latest();
  list('Migrations run', ran);
}

async function seed(db: Knex): Promise<void> {
  await db.seed.run();
  console.log('The built-in application is there.');
}

/** Runs `work` while no other `alone` runs on this database, however many are started. */
async function alone(db: Knex, work: () => Promise<void>): Promise<void> {
  const connection = await db.client.acquireConnection();
  try {
    await connection.query(`SELECT pg_advisory_lock(hashtext('anteroom deploy'))`);
    await work();
    await connection.query(`SELECT pg_advisory_unlock(hashtext('anteroom deploy'))`);
  } finally {
    // With the connection, which is closed soon, goes what is still locked.
    await db.client.releaseConnection(connection);
  }
}

/** Taking tables from under living processes loses what they go on to accept. */
async function assertNobodyRuns(db: Knex): Promise<void> {
  if (!(await db.schema.hasTable('processes'))) return;
  const living = await livingProcesses(db);
  if (living.length === 0) return;
  const names = living.map(({ role, host, pid }) => `${role} ${pid} on ${host}`).join(', ');
  throw new UserError(`Processes still use this database: ${names}. Stop them first.`);
}

const commands: Record<string, (db: Knex) => Promise<void>> = {
  latest,
  seed,
  /** What every release needs, in one step. */
  deploy: (db) =>
    alone(db, async () => {
      // Knex' own lock outlives a migration that was killed; ours does not, so nobody can hold it now.
      await db.migrate.forceFreeMigrationsLock();
      await latest(db);
      await seed(db);
    }),
  async rollback(db) {
    await assertNobodyRuns(db);
    const [, undone] = await db.migrate.rollback();
    list('Migrations rolled back', undone);
  },
  async status(db) {
    const [done, pending] = (await db.migrate.list()) as [{ name: string }[], { file: string }[]];
    list(
      'Migrations run',
      done.map(({ name }) => name),
    );
    list(
      'Waiting',
      pending.map(({ file }) => file),
    );
  },
};

await runTool(
  'Usage: npm run migrate -- latest | seed | deploy | rollback | status',
  async ([name = '', ...rest]) => {
    const command = Object.hasOwn(commands, name) && rest.length === 0 ? commands[name] : undefined;
    if (!command) return false;
    await withKnex(findDatabaseUrl(process.env), command);
    return true;
  },
);
