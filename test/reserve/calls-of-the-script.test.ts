import { expect } from 'chai';
import { Core, tokenOf } from '../helpers/core.ts';
import { Caller } from './call.ts';

describe('a call of reserve.lua', () => {
  let core: Core;
  let caller: Caller;
  let token: string;
  beforeEach(async () => {
    core = await Core.create();
    caller = new Caller(core);
    token = tokenOf();
    await caller.call([
      { kind: 'application', token },
      { kind: 'chat', token },
    ]);
  });
  afterEach(() => core.stop());

  const message = () => ({ kind: 'message' as const, token, chat: 1 });
  const state = async () => ({
    entries: await core.redis.xlen(core.keys().outbox),
    app: await core.redis.hgetall(core.keys().app(token)),
    chat: await core.redis.hgetall(core.keys().chat(token, 1)),
    tail: await core.redis.hgetall(core.keys().tail(token, 1)),
  });

  /** Nothing but the answer may come of it. */
  async function changingNothing<T>(work: () => Promise<T>): Promise<T> {
    const before = await state();
    const result = await work();
    expect(await state()).to.deep.equal(before);
    return result;
  }

  it('of another epoch says which one is open, and does nothing', async () => {
    const reply = await changingNothing(() => caller.call([message()], { epoch: 7 }));
    expect(reply).to.include({ status: 'epoch', detail: '1' });
    await core.redis.set(core.keys().epoch, 'fence:somebody');
    expect(await caller.call([message()])).to.include({ status: 'epoch', detail: 'fence:somebody' });
    await core.redis.del(core.keys().epoch);
    expect(await changingNothing(() => caller.call([message()]))).to.include({
      status: 'epoch',
      detail: 'none',
    });
  });

  it('sent again gets its first answer, however often', async () => {
    const first = await caller.call([message(), message()]);
    for (let i = 0; i < 3; i++)
      expect(await changingNothing(() => caller.send([message(), message()], caller.head))).to.deep.equal(
        first,
      );
  });

  it('sent again into a later epoch gets its first answer, and does not happen twice', async () => {
    const first = await caller.call([message()]);
    await core.redis.set(core.keys().epoch, 'fence:test');
    expect(await caller.send([message()], caller.head)).to.deep.equal(first);
    await core.open();
    expect(await caller.send([message()], caller.head)).to.deep.equal(first);
    expect((await caller.call([message()])).status).to.equal('epoch');
    await core.drain();
    expect(await core.messages(token)).to.have.length(1);
  });

  it('sent again after a later one is stale, and does nothing', async () => {
    const { sequence } = caller.head;
    await caller.call([message()]);
    const reply = await changingNothing(() => caller.send([message()], { ...caller.head, sequence }));
    expect(reply.status).to.equal('stale');
  });

  it('after its deadline is late, and does nothing', async () => {
    const { now } = await caller.call([message()]);
    const reply = await changingNothing(() => caller.call([message()], { deadline: now - 1 }));
    expect(reply.status).to.equal('late');
  });

  it('of another process does not meet its slot', async () => {
    const reply = await new Caller(core, { process: 'other' }).call([message()]);
    expect(reply.verdicts[0]).to.include({ is: 'ok', number: 1 });
  });

  it('to an outbox that Redis does not append to is refused, with nothing half done', async () => {
    // A stream that has seen a later epoch refuses the ids of an older one.
    await core.redis.xadd(core.keys().outbox, '9-0', 'v', '1');
    const reply = await changingNothing(() => caller.call([message(), { kind: 'chat', token }]));
    expect(reply.status).to.equal('ran');
    expect(reply.verdicts.map((verdict) => verdict.is)).to.deep.equal(['refused', 'refused']);
  });

  it('that fails between the writes of a request fences the shard; opened again, it goes on without a hole', async () => {
    const chat = { kind: 'chat' as const, token };
    await core.redis.del(core.keys().fresh(token));
    await core.redis.set(core.keys().fresh(token), 'not a hash');
    expect((await caller.call([chat])).status).to.equal('fenced');
    expect(await core.redis.get(core.keys().epoch)).to.match(/^fence:/);
    expect((await caller.call([message()])).status).to.equal('epoch');
    await core.redis.del(core.keys().fresh(token));
    await core.open();
    const next = await core.chat(token);
    await core.drain();
    const rows = await core.knex('chats').where({ app_token: token }).orderBy('number').select('number');
    expect(rows.map(({ number }) => number)).to.deep.equal(Array.from({ length: next }, (_, i) => i + 1));
  });

  it('that cannot even judge a request refuses it, with nothing half done', async () => {
    await caller.call([message()]);
    await core.redis.del(core.keys().tail(token, 1));
    await core.redis.set(core.keys().tail(token, 1), 'not a hash');
    const before = await core.redis.xlen(core.keys().outbox);
    const reply = await caller.call([message()]);
    expect(reply.verdicts.map((verdict) => verdict.is)).to.deep.equal(['refused']);
    expect(await core.redis.xlen(core.keys().outbox)).to.equal(before);
    expect(await core.redis.hget(core.keys().app(token), 'n')).to.equal('1');
  });

  it('that fails before the writes of a request refuses that one only', async () => {
    await core.redis.set(core.keys().rate('broken'), 'text', 'EX', 60);
    await core.redis.del(core.keys().rate('broken'));
    await core.redis.hset(core.keys().rate('broken'), 'not', 'a string');
    const rate = { principal: 'broken', intervalMs: 1, burst: 1 };
    const reply = await caller.call([message(), { ...message(), rate }, message()]);
    expect(reply.verdicts.map((verdict) => verdict.is)).to.deep.equal(['ok', 'refused', 'ok']);
    expect(reply.verdicts[2]).to.include({ number: 2 });
  });

  it('never stamps a time before the last one, even if the clock goes back', async () => {
    const ahead = Date.now() + 60_000;
    await core.redis.hset(core.keys().gauge, 'at', ahead);
    const { verdicts } = await caller.call([message()]);
    expect(verdicts[0]).to.include({ is: 'ok', at: ahead });
  });

  it('publishes each message to its chat', async () => {
    const heard: string[] = [];
    const subscriber = core.redis.duplicate({ enableOfflineQueue: true });
    subscriber.on('smessage', (_channel: string, record: string) => heard.push(record));
    await subscriber.ssubscribe(core.keys().chat(token, 1));
    await caller.call([message(), message()]);
    await subscriber.sunsubscribe();
    expect(heard.map((record) => JSON.parse(record).number)).to.deep.equal([1, 2]);
    subscriber.disconnect();
  });
});
