import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { Processes } from '../helpers/processes.ts';

const GRACE_MS = 10_000;

describe('SIGTERM under load', () => {
  let deployment: Deployment;
  let processes: Processes;
  beforeEach(async () => {
    deployment = await Deployment.create({ SHUTDOWN_GRACE: `${GRACE_MS / 1000}s` });
    processes = new Processes(deployment);
  });
  afterEach(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  const setUp = async () => {
    const { client } = await deployment.start();
    const application = await deployment.application(client);
    await client.post(`${application.path}/chats`, { key: application.key });
    return new History(application);
  };

  it('ends an API in time; what was in flight is answered or reset, what was acknowledged is kept', async () => {
    const history = await setUp();
    const { process: api, origin } = await processes.api();
    let stop = false;
    const fiber = async () => {
      while (!stop) {
        const outcome = await history.send(origin);
        // Nobody listens any more: a client that is told so comes back more slowly.
        if (outcome.is !== 'ok') await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const load = Promise.all(Array.from({ length: 16 }, fiber));
    while (history.count('ok') < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    const askedAt = performance.now();
    api.child.kill('SIGTERM');
    const code = await api.ended;
    const took = performance.now() - askedAt;
    stop = true;
    await load;
    expect(code).to.equal(0);
    expect(took).to.be.below(GRACE_MS);
    expect(history.count('refused')).to.equal(0);
    await deployment.settled();
    await history.check(deployment);
  });

  it('ends a worker in time; what it had in hand is written once', async () => {
    const worker = await processes.worker();
    const { client, origin } = await deployment.api();
    const application = await deployment.application(client);
    await client.post(`${application.path}/chats`, { key: application.key });
    const history = new History(application);
    const batch = () => Promise.all(Array.from({ length: 50 }, () => history.send(origin)));
    for (let i = 0; i < 4; i++) await batch();
    const askedAt = performance.now();
    worker.child.kill('SIGTERM');
    while (worker.isAlive) await batch();
    expect(await worker.ended).to.equal(0);
    expect(performance.now() - askedAt).to.be.below(GRACE_MS);
    await deployment.worker();
    await deployment.settled();
    expect(history.count('ok')).to.equal(history.attempts.length);
    await history.check(deployment);
  });
});
