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

  it('make one job of one tick', async () => {
    await deployment.scheduler();
    await deployment.scheduler();
    const connection = new Redis(deployment.env.REDIS_URL!, { maxRetriesPerRequest: null });
    const queue = new Queue('tasks', { connection, prefix: queuePrefix(deployment.env.REDIS_PREFIX!) });
    const reconciles = async () =>
      (await queue.getJobs(['waiting', 'completed', 'active'])).filter(
        ({ name }) => name === 'reconcile-counts',
      );
    const jobs = await waitUntil('three ticks', async () => {
      const found = await reconciles();
      return found.length >= 3 ? found : null;
    });
    const seconds = jobs.map(({ timestamp }) => Math.floor(timestamp / 1000));
    expect(new Set(seconds).size).to.be.at.least(jobs.length - 1);
    expect(new Set(jobs.map(({ id }) => id)).size).to.equal(jobs.length);
    for (const { id } of jobs) expect(id).to.match(/^reconcile-counts-\d{10}$/);
    await queue.close();
    connection.disconnect();
  });
});
