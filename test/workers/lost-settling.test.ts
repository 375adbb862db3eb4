import { expect } from 'chai';
import { Persister } from '../../workers/persist/persister.ts';
import { TrimLag } from '../../workers/persist/trim-lag.ts';
import { Core } from '../helpers/core.ts';

const MAX = 5;

describe('a settling that was lost after the commit', () => {
  let core: Core;
  before(async () => {
    core = await Core.create({ limits: { maxEntries: MAX, maxBytes: 1e9, windowSeconds: 3600 } });
  });
  after(() => core.stop());

  it('is made up for by the next look at the shard, so that a full outbox opens again', async () => {
    const token = await core.application();
    await core.chat(token);
    // Alone it may fill only half.
    await core.chat(await core.application());
    await core.message(token, 1, 'first');
    const full = await core.message(token, 1, 'too much').catch((error) => error);
    expect(full).to.include({ code: 'unavailable' });

    // Reads the outbox, but its settling never arrives.
    const redis = Object.create(core.redis, {
      evalsha: { value: () => Promise.reject(new Error('cut off')) },
    });
    await new Persister({ ...core.opening, redis, trimLag: new TrimLag() }).drain(0, 'wait');
    expect(core.logged.map(({ msg }) => msg)).to.include('outbox not settled');

    expect(await core.openShard()).to.equal(false);
    expect(await core.message(token, 1, 'fits')).to.equal(2);
  });
});
