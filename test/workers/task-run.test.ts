import { expect } from 'chai';
import type { PoolClient } from 'pg';
import { runTask } from '../../workers/task-run.ts';
import { Core } from '../helpers/core.ts';

describe('a task', () => {
  let core: Core;
  before(async () => {
    core = await Core.create();
  });
  after(() => core.stop());

  it('whose lock goes with its connection ends nothing but itself, and runs again', async () => {
    let holder: PoolClient | undefined;
    core.pool.once('acquire', (client) => {
      holder = client;
    });
    const run = runTask(core.pool, 'test', async () => {
      const ended = new Promise<void>((resolve) => holder?.once('end', resolve));
      await core.knex.raw(`SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      await ended;
      return 1;
    });
    // An error event that nobody hears would end the process here.
    const [outcome] = await Promise.allSettled([run]);
    expect(outcome.status).to.be.oneOf(['fulfilled', 'rejected']);
    expect(await runTask(core.pool, 'test', async () => 2)).to.equal(2);
    const record = await core.knex('task_runs').where({ task: 'test' }).first();
    expect(record).to.include({ outcome: 'done', changed: 2 });
  });
});
