import { expect } from 'chai';
import { type Api, Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { Processes } from '../helpers/processes.ts';

const steps = [
  'before the lock',
  'after the inserts',
  'before the commit',
  'after the commit',
  'after the settling',
];

/** The sweep's second, a batch, and room for a busy machine; BullMQ alone would need 7.5 s. */
const RECOVERY_MS = 4500;

describe('a worker killed with kill -9', () => {
  let deployment: Deployment;
  let processes: Processes;
  let api: Api;
  before(async () => {
    deployment = await Deployment.create();
    processes = new Processes(deployment);
    // Opens the shard for the API, and goes.
    await (await deployment.worker()).stop();
    api = await deployment.api();
  });
  after(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  const load = async () => {
    const application = await deployment.application(api.client);
    await api.client.post(`${application.path}/chats`, { key: application.key });
    return new History(application);
  };

  for (const step of steps) {
    it(`${step} loses and doubles nothing; the next worker goes on`, async () => {
      const dying = await processes.worker('test/faults/dying-worker.ts', { DIE_AT: step });
      const history = await load();
      while (dying.isAlive) await Promise.all(Array.from({ length: 8 }, () => history.send(api.origin)));
      expect(await dying.ended).to.equal('SIGKILL');
      await Promise.all(Array.from({ length: 20 }, () => history.send(api.origin)));
      const next = await deployment.worker();
      await deployment.settled(RECOVERY_MS);
      expect(history.count('ok')).to.equal(history.attempts.length);
      await history.check(deployment);
      await next.stop();
    });
  }

  it('holds up the shard for seconds at most while another worker lives', async () => {
    const dying = await processes.worker('test/faults/dying-worker.ts', { DIE_AT: 'before the commit' });
    const history = await load();
    await dying.ended;
    await deployment.worker();
    await deployment.settled();
    const heir = await processes.worker('test/faults/dying-worker.ts', { DIE_AT: 'before the commit' });
    while (heir.isAlive) await Promise.all(Array.from({ length: 8 }, () => history.send(api.origin)));
    await deployment.settled(RECOVERY_MS);
    await history.check(deployment);
  });
});
