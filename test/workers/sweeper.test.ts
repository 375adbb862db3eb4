import { expect } from 'chai';
import type { Doorbell } from '../../src/jobs/doorbell.ts';
import { Sweeper } from '../../workers/sweeper.ts';
import { Core, tokenOf } from '../helpers/core.ts';

describe('the sweep', () => {
  let core: Core;
  let swept: number[];
  let sweeper: Sweeper;
  beforeEach(async () => {
    core = await Core.create({ shards: 2 });
    swept = [];
    const doorbell = { sweep: (shard: number) => swept.push(shard) } as unknown as Doorbell;
    const { redis, offsets } = core;
    sweeper = new Sweeper({
      redis,
      offsets,
      doorbell,
      keysOf: (shard) => core.keys(shard),
      log: core.opening.log,
    });
  });
  afterEach(() => core.stop());

  it('rings a shard whose entries of the last look are still not applied, and no other', async () => {
    await core.application(tokenOf(1));
    await sweeper.sweep();
    expect(swept).to.deep.equal([]);
    await sweeper.sweep();
    expect(swept).to.deep.equal([1]);
    await core.drain(1);
    await sweeper.sweep();
    expect(swept).to.deep.equal([1]);
  });

  it('leaves a shard alone that keeps up, however much comes in', async () => {
    for (let i = 0; i < 4; i++) {
      await core.application(tokenOf(0));
      await sweeper.sweep();
      await core.drain(0);
    }
    expect(swept).to.deep.equal([]);
  });
});
