import { expect } from 'chai';
import type { Knex } from 'knex';
import pg from 'pg';
import { Core } from '../helpers/core.ts';

describe('a batch that fails for another reason than its rows', () => {
  let core: Core;
  let token: string;
  before(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token);
    await core.drain();
  });
  after(() => core.stop());

  let sent = 0;
  const send = async () => void (await core.message(token, 1, `body ${++sent}`));

  async function expectRetried(): Promise<void> {
    const before = await core.knex('outbox_offsets').first();
    await core.drain();
    const rows = await core.messages(token);
    expect(rows.map(({ body }) => body)).to.deep.equal(
      Array.from({ length: sent }, (_, i) => `body ${i + 1}`),
    );
    expect(rows.some((row) => row.void)).to.equal(false);
    expect(await core.knex('dead_letters')).to.deep.equal([]);
    expect((await core.knex('outbox_offsets').first()).last_id).not.to.equal(before.last_id);
  }

  const failure = async (work: Promise<unknown>): Promise<{ code?: string; message: string }> =>
    work.then(
      () => Promise.reject(new Error('it did not fail')),
      (error) => error,
    );

  /** The next insert of a message raises this SQLSTATE. */
  async function raising(sqlstate: string, work: () => Promise<void>): Promise<void> {
    await core.knex.raw(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '${sqlstate}'; END $$`);
    await core.knex.raw('CREATE TRIGGER fail BEFORE INSERT ON messages EXECUTE FUNCTION fail()');
    try {
      await work();
    } finally {
      await core.knex.raw('DROP FUNCTION fail() CASCADE');
    }
  }

  // Serialization failure, deadlock, disk full, admin shutdown.
  for (const sqlstate of ['40001', '40P01', '53100', '57P01']) {
    it(`(${sqlstate}) is rolled back whole, and applied when tried again`, async () => {
      for (let i = 0; i < 5; i++) await send();
      await raising(sqlstate, async () => {
        expect(await failure(core.drain())).to.include({ code: sqlstate });
        expect(await core.messages(token)).to.have.length(sent - 5);
      });
      await expectRetried();
    });
  }

  it('(a statement timeout behind a lock) is rolled back whole, and applied when tried again', async () => {
    for (let i = 0; i < 5; i++) await send();
    const impatient = new pg.Pool({
      connectionString: core.deployment.env.DATABASE_URL!,
      statement_timeout: 200,
    });
    const parts = { ...core.opening, pool: impatient, redis: core.redis };
    const { Persister } = await import('../../workers/persist/persister.ts');
    const { TrimLag } = await import('../../workers/persist/trim-lag.ts');
    const persister = new Persister({ ...parts, trimLag: new TrimLag() });
    await core.knex.transaction(async (trx: Knex.Transaction) => {
      await trx('chats').where({ app_token: token, number: 1 }).forUpdate();
      expect(await failure(persister.drain(0, 'wait'))).to.include({ code: '57014' });
    });
    await impatient.end();
    await expectRetried();
  });

  it('(a connection ended by the server) is rolled back whole, and applied when tried again', async () => {
    for (let i = 0; i < 5; i++) await send();
    const drained = await core.knex.transaction(async (trx) => {
      await trx('chats').where({ app_token: token, number: 1 }).forUpdate();
      const draining = failure(core.drain());
      for (let ended = 0; ended === 0; ) {
        const { rows } = await core.knex.raw(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'anteroom-worker' AND wait_event_type = 'Lock' AND datname = current_database()`,
        );
        ended = rows.length;
      }
      return draining;
    });
    expect(drained).to.be.an('error');
    await expectRetried();
  });
});
