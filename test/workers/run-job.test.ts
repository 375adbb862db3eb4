import { type Job, UnrecoverableError } from 'bullmq';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Handlers } from '../../workers/handlers/registry.ts';
import { createRunJob } from '../../workers/run-job.ts';

const log = pino({ level: 'silent' });
const nothing = async () => {};
const handlers: Handlers = {
  persist: nothing,
  'reconcile-counts': nothing,
  'clean-expired': nothing,
  'purge-deleted': nothing,
  audit: nothing,
};

const jobOf = (name: string, data: unknown) => ({ name, data, id: '1', attemptsStarted: 1 }) as Job;

describe('running a job', () => {
  const run = (job: Job, over: Partial<Handlers> = {}): Promise<unknown> =>
    createRunJob({ ...handlers, ...over }, log)(job).catch((error) => error);

  it('hands the payload to the handler of its name', async () => {
    const seen: unknown[] = [];
    await run(jobOf('persist', { shard: 3, sweep: true }), {
      persist: async (payload) => void seen.push(payload),
    });
    expect(seen).to.deep.equal([{ shard: 3, sweep: true }]);
  });

  for (const data of [{}, { shard: 256, sweep: true }, { shard: '1', sweep: true }, null, 'text']) {
    it(`fails for good with the payload ${JSON.stringify(data)}, unseen by its handler`, async () => {
      const persist = () => Promise.reject(new Error('it was handed over'));
      const error = await run(jobOf('persist', data), { persist });
      expect(error).to.be.instanceOf(UnrecoverableError);
      expect((error as Error).message).to.match(/bad payload/);
    });
  }

  it('fails for good without a contract of its name', async () => {
    const error = await run(jobOf('toString', {}));
    expect(error).to.be.instanceOf(UnrecoverableError);
    expect((error as Error).message).to.equal('no such job: toString');
  });

  it('is tried again when its handler fails, unless that says otherwise', async () => {
    const job = jobOf('clean-expired', {});
    const away = await run(job, { 'clean-expired': () => Promise.reject(new Error('away')) });
    expect(away).to.include({ message: 'away' }).and.not.be.instanceOf(UnrecoverableError);
    const never = await run(job, { 'clean-expired': () => Promise.reject(new UnrecoverableError('never')) });
    expect(never).to.be.instanceOf(UnrecoverableError);
  });
});
