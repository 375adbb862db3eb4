import { expect } from 'chai';
import { pino } from 'pino';
import type { Doorbell } from '../../src/jobs/doorbell.ts';
import { handlePersist } from '../../workers/handlers/persist.ts';
import type { Persister } from '../../workers/persist/persister.ts';

const log = pino({ level: 'silent' });
const RUN_MS = 20_000;

describe('a persist job', () => {
  const { now } = Date;
  let rung: [number, string][];
  const doorbell = { ring: (...ring: [number, string]) => rung.push(ring) } as unknown as Doorbell;
  beforeEach(() => {
    rung = [];
  });
  afterEach(() => {
    Date.now = now;
  });

  /** Works until it is told to stop; each of its batches takes `batchMs`, of which there are `count`. */
  function persisterOf(count: number, batchMs: number): Persister {
    const drain = async (_shard: number, _whenLocked: string, isStopping: () => boolean) => {
      for (let i = 1; i <= count; i++) {
        Date.now = () => now() + i * batchMs;
        if (isStopping()) return i;
      }
      return count;
    };
    return { drain } as unknown as Persister;
  }

  it('that runs out of its time with a backlog left ends, and rings the shard again', async () => {
    let isOver = false;
    const persister = {
      drain: async (...args: Parameters<Persister['drain']>) => {
        const batches = await persisterOf(100, RUN_MS / 10).drain(...args);
        isOver = batches < 100;
        return batches;
      },
    } as Persister;
    const job = handlePersist(persister, doorbell, () => false);
    await job({ shard: 3, sweep: false, request_id: 'r' }, log);
    expect(isOver).to.equal(true);
    expect(rung).to.deep.equal([[3, 'r']]);
  });

  it('that ends in time rings nobody', async () => {
    await handlePersist(persisterOf(5, 10), doorbell, () => false)({ shard: 3, sweep: true }, log);
    expect(rung).to.deep.equal([]);
  });
});
