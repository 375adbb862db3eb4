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

  /** Has `count` batches to apply, each of which takes `batchMs`; stops after one when it is told to. */
  function persisterOf(count: number, batchMs: number) {
    const applied = { batches: 0 };
    const drain = async (_shard: number, _whenLocked: string, isStopping: () => boolean) => {
      do {
        applied.batches++;
        Date.now = () => now() + applied.batches * batchMs;
      } while (applied.batches < count && !isStopping());
      return applied.batches;
    };
    return { applied, persister: { drain } as unknown as Persister };
  }

  it('that runs out of its time with a backlog left ends, and rings the shard again', async () => {
    const { applied, persister } = persisterOf(100, RUN_MS / 10);
    await handlePersist(persister, doorbell, () => false)({ shard: 3, sweep: false, request_id: 'r' }, log);
    expect(applied.batches).to.be.within(10, 11);
    expect(rung).to.deep.equal([[3, 'r']]);
  });

  it('that ends in time rings nobody', async () => {
    const { applied, persister } = persisterOf(5, 10);
    await handlePersist(persister, doorbell, () => false)({ shard: 3, sweep: true }, log);
    expect(applied.batches).to.equal(5);
    expect(rung).to.deep.equal([]);
  });
});
