import { expect } from 'chai';
import { Core } from '../helpers/core.ts';

describe('a gap in the outbox', () => {
  let core: Core;
  let token: string;
  beforeEach(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token);
    await core.drain();
  });
  afterEach(() => core.stop());

  const ids = async () => (await core.redis.xrange(core.keys().outbox, '-', '+')).map(([id]) => id);

  const drainError = () =>
    core.drain().then(
      () => Promise.reject(new Error('the gap was skipped')),
      (error: Error) => error,
    );

  for (const [where, index] of [
    ['right behind the offset', 2],
    ['further on', 4],
  ] as const) {
    it(`${where} stops the shard and says so; nothing beyond it is applied`, async () => {
      for (let i = 1; i <= 5; i++) await core.message(token, 1, `body ${i}`);
      const [lost] = (await ids()).slice(index);
      await core.redis.xdel(core.keys().outbox, lost!);
      for (let i = 0; i < 2; i++) expect((await drainError()).name).to.equal('OutboxGapError');
      const beyond = (await core.messages(token)).filter(({ number }) => number > index - 2);
      expect(beyond).to.deep.equal([]);
      const said = core.logged.filter(({ msg }) => msg === 'shard stopped');
      expect(said).not.to.deep.equal([]);
      expect(said[0]).to.include({ level: 60, shard: 0 });
      expect(JSON.stringify(said[0]!.err)).to.contain(lost);
    });
  }

  it('is not mended by opening the shard again', async () => {
    for (let i = 1; i <= 3; i++) await core.message(token, 1, `body ${i}`);
    await core.redis.xdel(core.keys().outbox, (await ids())[2]!);
    await core.redis.set(core.keys().epoch, 'fence:test');
    await core.open().then(
      () => Promise.reject(new Error('the shard was opened')),
      (error: Error) => expect(error.name).to.equal('OutboxGapError'),
    );
    expect(await core.messages(token)).to.deep.equal([]);
  });
});
