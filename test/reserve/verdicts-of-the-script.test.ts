import { expect } from 'chai';
import { Core, idempotency, tokenOf } from '../helpers/core.ts';
import { Caller } from './call.ts';

describe('reserve.lua judges', () => {
  let core: Core;
  let caller: Caller;
  let token: string;
  before(async () => {
    core = await Core.create();
  });
  beforeEach(async () => {
    caller = new Caller(core, { process: tokenOf() });
    token = tokenOf();
    const opening = [
      { kind: 'application', token },
      { kind: 'chat', token },
    ] as const;
    expect((await caller.call([...opening])).status).to.equal('ran');
  });
  after(() => core.stop());

  const message = (over = {}) => ({ kind: 'message' as const, token, chat: 1, ...over });
  const verdicts = async (...args: Parameters<Caller['call']>) => (await caller.call(...args)).verdicts;
  const entries = () => core.redis.xlen(core.keys().outbox);

  it('a key used again: the same request is replayed, another one is a mismatch', async () => {
    const key = idempotency();
    const [first] = await verdicts([message({ idempotency: key, kept: 'word' })]);
    expect(first).to.include({ is: 'ok', number: 1, kept: 'word' });
    const before = await entries();
    const other = { ...key, fingerprint: idempotency().fingerprint };
    const again = await verdicts([message({ idempotency: key }), message({ idempotency: other })]);
    expect(again).to.deep.equal([{ ...first, is: 'replay' }, { is: 'mismatch' }]);
    expect(await entries()).to.equal(before);
  });

  it('a key used twice in one call: the second is a replay', async () => {
    const key = idempotency();
    const [first, second] = await verdicts([message({ idempotency: key }), message({ idempotency: key })]);
    expect(second).to.deep.equal({ ...first, is: 'replay' });
  });

  it('a key unknown to a young epoch: Postgres is asked, once', async () => {
    const { gauge } = core.keys();
    const since = await core.redis.hget(gauge, 'since');
    await core.redis.hset(gauge, 'since', Date.now());
    const key = idempotency();
    const [asked] = await verdicts([message({ idempotency: key })]);
    expect(asked).to.include({ is: 'hydrate', what: 'idempotency' });
    const [wrong] = await verdicts([message({ idempotency: key, lookedUpIn: 99 })]);
    expect(wrong).to.include({ is: 'hydrate' });
    const [done] = await verdicts([message({ idempotency: key, lookedUpIn: 1 })]);
    expect(done).to.include({ is: 'ok', number: 1 });
    await core.redis.hset(gauge, 'since', since!);
  });

  it('an unknown application or chat: to be looked up as of the last entry; a number beyond the last: gone', async () => {
    const [[last]] = (await core.redis.xrevrange(core.keys().outbox, '+', '-', 'COUNT', 1)) as [
      [string, string[]],
    ];
    await core.redis.del(core.keys().fresh(token));
    expect(await verdicts([message({ token: tokenOf() }), message(), message({ chat: 2 })])).to.deep.equal([
      { is: 'hydrate', what: 'app', lastId: last },
      { is: 'hydrate', what: 'chat', lastId: last },
      { is: 'gone', what: 'chat' },
    ]);
  });

  it('a counter of another epoch as missing', async () => {
    await core.redis.hset(core.keys().app(token), 'e', 99);
    expect((await verdicts([message()]))[0]).to.include({ is: 'hydrate', what: 'app' });
  });

  it('a deleted application: gone, also for what stands behind the deletion in the same call', async () => {
    expect(
      await verdicts([{ kind: 'deletion', token }, message(), { kind: 'chat', token }]),
    ).to.deep.include.members([{ is: 'gone', what: 'app' }]);
    expect(await verdicts([message()])).to.deep.equal([{ is: 'gone', what: 'app' }]);
  });

  it("a customer in another's chat: gone; in an open one or their own: welcome", async () => {
    const chats = [
      { kind: 'chat', token, customer: 'ann' },
      { kind: 'open_chat', token, customer: 'ann' },
    ] as const;
    expect((await verdicts([...chats])).map((verdict) => verdict.is)).to.deep.equal(['ok', 'ok']);
    const seen = await verdicts([
      message({ customer: 'bob' }),
      message({ chat: 2, customer: 'bob' }),
      message({ chat: 2, customer: 'ann' }),
      message({ chat: 3, customer: 'bob' }),
    ]);
    expect(seen.map((verdict) => verdict.is)).to.deep.equal(['gone', 'gone', 'ok', 'ok']);
  });

  it('an outbox at its cap of entries or bytes: full, before any write', async () => {
    await core.drain();
    const before = await entries();
    const other = { kind: 'application', token: tokenOf() } as const;
    const few = await verdicts([message(), other, message()], { maxEntries: 2 });
    expect(few.map((verdict) => verdict.is)).to.deep.equal(['ok', 'ok', 'full']);
    expect(few[2]).to.deep.equal({ is: 'full', waiting: 2 });
    expect((await verdicts([message()], { maxBytes: 1 }))[0]).to.include({ is: 'full' });
    expect(await entries()).to.equal(before + 2);
    await core.drain();
    expect((await verdicts([message()], { maxEntries: 2 }))[0]).to.include({ is: 'ok' });
  });

  it('an application that alone fills half the cap: its share is full, another one’s is not', async () => {
    await core.drain();
    const other = { kind: 'application', token: tokenOf() } as const;
    const seen = await verdicts([message(), message(), message(), other], { maxEntries: 4 });
    expect(seen.map((verdict) => verdict.is)).to.deep.equal(['ok', 'ok', 'share', 'ok']);
    expect(seen[2]).to.deep.equal({ is: 'share', waiting: 2 });
    await core.drain();
    expect((await verdicts([message()], { maxEntries: 4 }))[0]).to.include({ is: 'ok' });
  });

  it('an oldest entry that has waited too long: full', async () => {
    await core.drain();
    await verdicts([message()]);
    // Younger than a second it is not looked at again; as if it had been appended an hour ago.
    const long = Date.now() - 3_600_000;
    await core.redis.hset(core.keys().gauge, { oldest_at: long, looked_at: Date.now() + 60_000 });
    expect((await verdicts([message()], { maxAgeMs: 60_000 }))[0]).to.include({ is: 'full' });
    expect((await verdicts([message()], { maxAgeMs: 7_200_000 }))[0]).to.include({ is: 'ok' });
    await core.redis.hset(core.keys().gauge, { looked_at: 0 });
    expect((await verdicts([message()], { maxAgeMs: 60_000 }))[0]).to.include({ is: 'ok' });
  });

  it('a rate: a burst, then one for each interval', async () => {
    const rate = { principal: tokenOf(), intervalMs: 100_000, burst: 3 };
    const seen = await verdicts(Array.from({ length: 5 }, () => message({ rate })));
    expect(seen.map((verdict) => verdict.is)).to.deep.equal(['ok', 'ok', 'ok', 'rate', 'rate']);
    expect(seen[3]).to.have.property('waitMs').within(90_000, 100_000);
    expect((await verdicts([message({ rate: { ...rate, principal: tokenOf() } })]))[0]).to.include({
      is: 'ok',
    });
  });

  it('a rate of several thousand a second as one, too', async () => {
    const rate = { principal: tokenOf(), intervalMs: 0.25, burst: 20 };
    const seen = await verdicts(Array.from({ length: 60 }, () => message({ rate })));
    expect(seen.filter((verdict) => verdict.is === 'ok')).to.have.length(20);
  });

  it('a replay without taking from the rate', async () => {
    const rate = { principal: tokenOf(), intervalMs: 100_000, burst: 1 };
    const key = idempotency();
    const seen = await verdicts([1, 2, 3].map(() => message({ rate, idempotency: key })));
    expect(seen.map((verdict) => verdict.is)).to.deep.equal(['ok', 'replay', 'replay']);
  });
});
