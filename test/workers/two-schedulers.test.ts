import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { queuePrefix } from '../../src/jobs/define-job.ts';
import { Deployment } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('two schedulers', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create();
  });
  after(() => deployment.stop());

  const reconciles = async (queue: Queue) =>
    (await queue.getJobs(['waiting', 'completed', 'active'])).filter(
      ({ name }) => name === 'reconcile-counts',
    );

  it('make one job of one tick, and let one wait for all while no worker runs', async () => {
    await deployment.scheduler();
    await deployment.scheduler();
    const connection = new Redis(deployment.env.REDIS_URL!, { maxRetriesPerRequest: null });
    const queue = new Queue('tasks', { connection, prefix: queuePrefix(deployment.env.REDIS_PREFIX!) });
    const [first] = await waitUntil('a tick', async () => {
      const found = await reconciles(queue);
      return found.length > 0 ? found : null;
    });
    await waitUntil('two more ticks', () => Date.now() - (first?.timestamp ?? 0) > 2000);
    expect(await reconciles(queue)).to.have.length(1);

    await deployment.worker();
    const jobs = await waitUntil('three ticks', async () => {
      const found = await reconciles(queue);
      return found.length >= 3 ? found : null;
    });
    expect(new Set(jobs.map(({ id }) => id)).size).to.equal(jobs.length);
    for (const { id } of jobs) expect(id).to.match(/^reconcile-counts-\d{10}$/);
    await queue.close();
    connection.disconnect();
  });
});
