import { expect } from 'chai';
import { settle, TAIL_KEEP } from '../../workers/persist/settle.ts';
import { Core } from '../helpers/core.ts';

describe('settling', () => {
  let core: Core;
  let token: string;
  beforeEach(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token, { customer: 'ann' });
  });
  afterEach(() => core.stop());

  const post = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => core.message(token, 1, `body ${i}`)));
  const tail = async () => {
    const { lo, e: _epoch, ...records } = await core.redis.hgetall(core.keys().tail(token, 1));
    return {
      lo: Number(lo ?? 0),
      numbers: Object.keys(records)
        .map(Number)
        .sort((a, b) => a - b),
    };
  };
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it(`keeps the last ${TAIL_KEEP} applied messages of a chat, and every one that is not applied`, async () => {
    await post(TAIL_KEEP + 300);
    expect((await tail()).numbers).to.deep.equal(range(1, TAIL_KEEP + 300));
    await core.drain();
    expect(await tail()).to.deep.equal({ lo: 300, numbers: range(301, TAIL_KEEP + 300) });
    await post(500);
    expect((await tail()).numbers).to.deep.equal(range(301, TAIL_KEEP + 800));
    await core.drain();
    expect(await tail()).to.deep.equal({ lo: 800, numbers: range(801, TAIL_KEEP + 800) });
  });

  it('late, beside messages that came since, drops nothing that is not applied', async () => {
    const first = await core.persister.applyBatch(0, 'wait');
    await post(400);
    const entries = (await core.persister.applyBatch(0, 'wait'))?.entries.slice(0, 10) ?? [];
    await core.redis.del(core.keys().tail(token, 1));
    await post(TAIL_KEEP + 50);
    await settle(core.redis, core.keys(), first!.life, entries, null);
    expect((await tail()).numbers).to.deep.equal(range(401, 400 + TAIL_KEEP + 50));
  });

  it('leaves a tail of an earlier epoch alone, whatever it says of where it begins', async () => {
    await post(TAIL_KEEP + 50);
    const batch = await core.persister.applyBatch(0, 'wait');
    await core.redis.hset(core.keys().tail(token, 1), 'lo', 0);
    const before = await tail();
    await core.redis.set(core.keys().epoch, '2');
    await settle(core.redis, core.keys(), { ...batch!.life, epoch: 2 }, batch!.entries, null);
    expect(await tail()).to.deep.equal(before);
  });

  it('gives a new chat a key of its own once its row stands, with whom it belongs to', async () => {
    const { fresh, chat } = core.keys();
    expect(await core.redis.hget(fresh(token), '1')).to.equal('1 0 ann');
    expect(await core.redis.exists(chat(token, 1))).to.equal(0);
    await core.drain();
    expect(await core.redis.hgetall(chat(token, 1))).to.deep.equal({ e: '1', n: '0', o: '0', u: 'ann' });
    expect(await core.redis.exists(fresh(token))).to.equal(0);
  });

  it('never puts back the counter of a chat that has messages by now', async () => {
    const batch = await core.persister.applyBatch(0, 'wait');
    await post(3);
    await settle(core.redis, core.keys(), batch!.life, batch!.entries, null);
    expect(await core.redis.hget(core.keys().chat(token, 1), 'n')).to.equal('3');
  });

  it('says how far the outbox is applied, and never less than before', async () => {
    const applied = () => core.redis.hget(core.keys().gauge, 'applied');
    const batch = await core.persister.applyBatch(0, 'wait');
    await post(5);
    await core.drain();
    expect(await applied()).to.equal('6');
    await settle(core.redis, core.keys(), batch!.life, batch!.entries, null);
    expect(await applied()).to.equal('6');
  });

  it('of another epoch does nothing', async () => {
    const batch = await core.persister.applyBatch(0, 'wait');
    await core.redis.set(core.keys().epoch, '2');
    await core.redis.del(core.keys().gauge);
    await settle(core.redis, core.keys(), batch!.life, batch!.entries, null);
    expect(await core.redis.exists(core.keys().gauge)).to.equal(0);
  });

  it('trims entries below the id it is told, never one from there on', async () => {
    await post(600);
    const batch = await core.persister.applyBatch(0, 'wait');
    await settle(core.redis, core.keys(), batch!.life, batch!.entries, '1-500');
    const ids = (await core.redis.xrange(core.keys().outbox, '-', '+')).map(([id]) => id);
    expect(ids).to.include.members(range(500, 601).map((sequence) => `1-${sequence}`));
    expect(ids.length).to.be.below(602);
  });
});
