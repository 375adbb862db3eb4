import { expect } from 'chai';
import { handleReconcileCounts, reconcileAll } from '../../workers/handlers/reconcile-counts.ts';
import { Core } from '../helpers/core.ts';

describe('reconciling counts', () => {
  let core: Core;
  let token: string;
  beforeEach(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token);
    await core.drain();
    await reconcileAll(core.pool);
  });
  afterEach(() => core.stop());

  const counts = async () => {
    const application = await core.knex('applications').where({ token }).first();
    const chats = await core.knex('chats').where({ app_token: token }).orderBy('number');
    return { chats: application.chats_count, messages: chats.map(({ message_count }) => message_count) };
  };
  const post = async (bodies: string[]) => {
    for (const body of bodies) await core.message(token, 1, body);
    await core.drain();
  };

  it('is exact, and does nothing the second time', async () => {
    await core.chat(token);
    await post(['one', 'two', 'three']);
    expect(await counts()).to.deep.equal({ chats: 1, messages: [0, 0] });
    expect(await reconcileAll(core.pool)).to.equal(2);
    expect(await counts()).to.deep.equal({ chats: 2, messages: [3, 0] });
    expect(await reconcileAll(core.pool)).to.equal(0);
    expect(await counts()).to.deep.equal({ chats: 2, messages: [3, 0] });
  });

  it('costs only what has grown', async () => {
    for (let i = 0; i < 20; i++) await core.chat(token);
    await post(['one']);
    await reconcileAll(core.pool);
    await post(['two']);
    expect(await reconcileAll(core.pool)).to.equal(1);
    expect((await counts()).messages[0]).to.equal(2);
    // What was counted before is not read again: had it been, this would show.
    await core.knex('messages').where({ number: 1 }).update({ void: true });
    await post(['three']);
    await reconcileAll(core.pool);
    expect((await counts()).messages[0]).to.equal(3);
  });

  it('does not count void rows', async () => {
    await post(['one', 'bad \0 body', 'three']);
    const record = { subject: 'bad \0', metadata: {}, open: false, customer_id: null, request_id: 't' };
    await core.chat(token, { record });
    await core.drain();
    await reconcileAll(core.pool);
    expect(await counts()).to.deep.equal({ chats: 1, messages: [2, 0] });
  });

  it('counts a parent anew that a replay has reset', async () => {
    await post(['one', 'bad \0 body', 'three']);
    await reconcileAll(core.pool);
    await core.knex('messages').where({ number: 2 }).update({ void: false, body: 'mended' });
    for (const reset of [0, -1]) {
      await core
        .knex('chats')
        .where({ app_token: token })
        .update({ counted_through: reset, message_count: 77 });
      expect(await reconcileAll(core.pool)).to.equal(1);
      expect((await counts()).messages).to.deep.equal([3]);
    }
  });

  it('is right while rows keep coming and others reconcile as well', async () => {
    let done = false;
    const writing = (async () => {
      for (let i = 0; i < 30; i++) await post([`${i} a`, `${i} b`]);
      done = true;
    })();
    const reconciling = async () => {
      while (!done) await reconcileAll(core.pool);
    };
    await Promise.all([writing, reconciling(), reconciling()]);
    await reconcileAll(core.pool);
    expect((await counts()).messages).to.deep.equal([60]);
  });

  it('takes more parents than fit one slice', async () => {
    await Promise.all(Array.from({ length: 520 }, () => core.chat(token)));
    await Promise.all(Array.from({ length: 520 }, (_, i) => core.message(token, i + 2, 'hello')));
    await core.drain();
    await reconcileAll(core.pool);
    const after = await counts();
    expect(after.chats).to.equal(521);
    expect(after.messages).to.deep.equal([0, ...Array(520).fill(1)]);
  });

  it('leaves a parent that somebody is writing to for the next run, and waits for nobody', async () => {
    await core.chat(token);
    await post(['one', 'two']);
    await core.message(token, 2, 'three');
    await core.drain();
    await core.knex.transaction(async (trx) => {
      await trx('chats').where({ app_token: token, number: 1 }).forUpdate();
      expect(await reconcileAll(core.pool)).to.equal(2);
      expect(await counts()).to.deep.equal({ chats: 2, messages: [0, 1] });
    });
    expect(await reconcileAll(core.pool)).to.equal(1);
    expect(await counts()).to.deep.equal({ chats: 2, messages: [2, 1] });
  });

  it('leaves a record of its run, and stays away while another has the task', async () => {
    await post(['one']);
    const log = core.opening.log;
    await core.knex.transaction(async (trx) => {
      await trx.raw(`SELECT pg_advisory_xact_lock(hashtext('task reconcile-counts'))`);
      await handleReconcileCounts(core.pool)({}, log);
      expect((await counts()).messages).to.deep.equal([0]);
    });
    await handleReconcileCounts(core.pool)({}, log);
    expect((await counts()).messages).to.deep.equal([1]);
    const run = await core.knex('task_runs').where({ task: 'reconcile-counts' }).first();
    expect(run).to.include({ outcome: 'done', changed: 1 });
  });
});
