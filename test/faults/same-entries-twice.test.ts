import { expect } from 'chai';
import { Core } from '../helpers/core.ts';

describe('a persist job run more than once', () => {
  let core: Core;
  let token: string;
  before(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token);
  });
  after(() => core.stop());

  const post = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => core.message(token, 1, `body ${i}`)));

  async function expectRows(count: number): Promise<void> {
    const numbers = (await core.messages(token)).map(({ number }) => number);
    expect(numbers).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1));
    const [offset] = await core.knex('outbox_offsets');
    const [newest] = await core.redis.xrevrange(core.keys().outbox, '+', '-', 'COUNT', 1);
    expect(offset.last_id).to.equal(newest![0]);
    // The application, the chat and each message counted once.
    expect(offset.applied_count).to.equal(count + 2);
    expect(await core.knex('dead_letters')).to.deep.equal([]);
  }

  it('twice at the same time writes each row once', async () => {
    await post(100);
    await Promise.all([core.drain(), core.drain()]);
    await expectRows(100);
  });

  it('twenty times, while entries keep coming, writes each row once', async () => {
    const drains = Array.from({ length: 20 }, () => core.drain());
    await Promise.all([...drains, post(200), core.persister.drain(0, 'skip')]);
    await core.drain();
    await expectRows(300);
  });

  it('with nothing left changes nothing', async () => {
    const [before] = await core.knex('outbox_offsets');
    for (let i = 0; i < 20; i++) expect(await core.drain()).to.equal(0);
    expect(await core.knex('outbox_offsets')).to.deep.equal([before]);
  });
});
