import { expect } from 'chai';
import { type Api, Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { Processes } from '../helpers/processes.ts';

const steps = ['before the lock', 'after the inserts', 'before the commit', 'after the commit', 'after the settling'];

/** The sweep's second, a batch, and room for a busy machine. */
const RECOVERY_MS = 6000;

describe('a worker killed with kill -9', () => {
  let deployment: Deployment;
  let processes: Processes;
  let api: Api;
  before(async () => {
    deployment = await Deployment.create();
    processes = new Processes(deployment);
    api = await deployment.start();
  });
  after(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  for (const step of steps) {
    it(`${step} loses and doubles nothing, and its shard goes on`, async () => {
      const application = await deployment.application(api.client);
      await api.client.post(`${application.path}/chats`, { key: application.key });
      const dying = await processes.worker('test/faults/dying-worker.ts', { DIE_AT: step });
      const history = new History(application);
      while (dying.isAlive) await Promise.all(Array.from({ length: 8 }, () => history.send(api.origin)));
      expect(await dying.ended).to.equal('SIGKILL');
      const killedAt = performance.now();
      await Promise.all(Array.from({ length: 20 }, () => history.send(api.origin)));
      await deployment.settled(RECOVERY_MS);
      expect(performance.now() - killedAt).to.be.below(RECOVERY_MS);
      expect(history.count('ok')).to.equal(history.attempts.length);
      await history.check(deployment);
    });
  }

  it('alone leaves everything to the worker that starts next', async () => {
    const alone = await Deployment.create();
    const own = new Processes(alone);
    try {
      const dying = await own.worker('test/faults/dying-worker.ts', { DIE_AT: 'before the commit' });
      const { client, origin } = await alone.api();
      const application = await alone.application(client);
      await client.post(`${application.path}/chats`, { key: application.key });
      const history = new History(application);
      for (let i = 0; i < 30; i++) await history.send(origin);
      expect(await dying.ended).to.equal('SIGKILL');
      await alone.worker();
      await alone.settled(RECOVERY_MS);
      expect(await history.check(alone)).to.have.length(30);
    } finally {
      await own.killAll();
      await alone.stop();
    }
  });
});
