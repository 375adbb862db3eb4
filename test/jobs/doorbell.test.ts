import type { Queue } from 'bullmq';
import { expect } from 'chai';
import { Doorbell } from '../../src/jobs/doorbell.ts';
import { waitUntil } from '../helpers/wait-until.ts';

interface Added {
  shard: number;
  sweep: boolean;
  deduplication: { id: string; keepLastIfActive?: boolean };
  at: number;
}

function setUp(fails = false) {
  const added: Added[] = [];
  const errors: Error[] = [];
  const add = async (_name: string, data: Added, options: Added) => {
    const { shard, sweep } = data;
    added.push({ shard, sweep, deduplication: options.deduplication, at: performance.now() });
    if (fails) throw new Error('Redis is away');
  };
  const doorbell = new Doorbell({ add } as unknown as Queue, (error) => errors.push(error));
  return { doorbell, added, errors };
}

describe('the doorbell', () => {
  it('rings at once, then once more for all that came within the spacing', async () => {
    const { doorbell, added } = setUp();
    for (let i = 0; i < 50; i++) doorbell.ring(0, 'r');
    expect(added).to.have.length(1);
    await waitUntil('the second ring', () => added.length === 2);
    expect(added[1]!.at - added[0]!.at).to.be.within(15, 500);
    expect(added[0]!.deduplication).to.deep.equal({ id: 'shard-0', keepLastIfActive: true });
  });

  it('never leaves a ring unheard: the last one is followed by a job', async () => {
    const { doorbell, added } = setUp();
    let last = 0;
    for (let i = 0; i < 10; i++) {
      last = performance.now();
      doorbell.ring(0, 'r');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitUntil('a job after the last ring', () => added.at(-1)!.at >= last);
  });

  it('rings each shard by itself', () => {
    const { doorbell, added } = setUp();
    doorbell.ring(0, 'r');
    doorbell.ring(1, 'r');
    expect(added.map(({ shard }) => shard)).to.deep.equal([0, 1]);
  });

  it('sweeps under an id of its own', () => {
    const { doorbell, added } = setUp();
    doorbell.sweep(7);
    expect(added[0]).to.include({ shard: 7, sweep: true });
    expect(added[0]!.deduplication.id).to.match(/^sweep-7/);
  });

  it('tells of a ring that was lost, and throws nothing', async () => {
    const { doorbell, errors } = setUp(true);
    doorbell.ring(0, 'r');
    doorbell.sweep(0);
    await waitUntil('both errors', () => errors.length === 2);
  });
});
