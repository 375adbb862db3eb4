import { expect } from 'chai';
import { handlePurgeDeleted } from '../../workers/handlers/purge-deleted.ts';
import { Core } from '../helpers/core.ts';

describe('purging deleted applications', () => {
  let core: Core;
  let gone: string;
  let kept: string;
  before(async () => {
    core = await Core.create();
    [gone, kept] = [await core.application(), await core.application()];
    for (const token of [gone, kept]) {
      await core.chat(token);
      for (const body of ['one', 'bad \0 body', 'three']) await core.message(token, 1, body);
    }
    await core.drain();
    for (const token of [gone, kept]) {
      const chat = await core.knex('chats').where({ app_token: token }).first();
      await core.knex('read_positions').insert({ chat_id: chat.id, reader: 'ann', number: 1 });
    }
  });
  after(() => core.stop());

  const rows = async (token: string) => ({
    applications: (await core.knex('applications').where({ token })).length,
    api_keys: (await core.knex('api_keys').where({ app_token: token })).length,
    chats: (await core.knex('chats').where({ app_token: token })).length,
    messages: (await core.messages(token)).length,
    dead_letters: (await core.knex('dead_letters').where({ app_token: token })).length,
  });
  const all = { applications: 1, api_keys: 1, chats: 1, messages: 3, dead_letters: 1 };
  const none = { applications: 0, api_keys: 0, chats: 0, messages: 0, dead_letters: 0 };
  const purge = () =>
    handlePurgeDeleted({
      pool: core.pool,
      redis: core.redis,
      keysOf: (shard) => core.keys(shard),
      isStopping: () => false,
    })({}, core.opening.log);

  it('touches nothing while nothing is deleted', async () => {
    await purge();
    expect([await rows(gone), await rows(kept)]).to.deep.equal([all, all]);
  });

  it('removes every row of a deleted one, and leaves the others alone', async () => {
    await core.reserve({ kind: 'deletion', token: gone });
    await core.drain();
    expect(await rows(gone)).to.deep.equal(all);
    await purge();
    expect([await rows(gone), await rows(kept)]).to.deep.equal([none, all]);
    expect(await core.knex('messages')).to.have.length(3);
    expect(await core.knex('read_positions')).to.have.length(1);
  });

  it('leaves its token gone, also for a Redis that has forgotten it', async () => {
    const refusal = () => core.message(gone, 1, 'hello').catch((error) => error);
    expect(await refusal()).to.include({ code: 'not_found' });
    await core.redis.del(core.keys().app(gone), core.keys().chat(gone, 1));
    expect(await refusal()).to.include({ code: 'not_found' });
  });
});
