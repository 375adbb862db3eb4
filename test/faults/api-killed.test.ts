import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type Api, Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { Processes } from '../helpers/processes.ts';

const file = 'test/faults/dying-api.ts';

describe('an API killed with kill -9', () => {
  let deployment: Deployment;
  let processes: Processes;
  let healthy: Api;
  before(async () => {
    deployment = await Deployment.create();
    processes = new Processes(deployment);
    healthy = await deployment.start();
  });
  after(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  const load = async () => {
    const application = await deployment.application(healthy.client);
    await healthy.client.post(`${application.path}/chats`, { key: application.key });
    return new History(application);
  };

  for (const step of ['before the script', 'after the script']) {
    it(`${step} leaves the outcome open, and a retry elsewhere settles it once`, async () => {
      const dying = await processes.api(file, { DIE_AT: step });
      const history = await load();
      const [key, body] = [randomUUID(), randomUUID()];
      expect(await history.send(dying.origin, { key, body })).to.include({ is: 'unknown' });
      expect(await dying.process.ended).to.equal('SIGKILL');
      expect(await history.send(healthy.origin, { key, body })).to.deep.equal({ is: 'ok', number: 1 });
      expect(await history.send(healthy.origin, { key, body })).to.deep.equal({ is: 'ok', number: 1 });
      await deployment.settled();
      expect(await history.check(deployment)).to.have.length(1);
    });
  }

  it('after the answer keeps what it has acknowledged', async () => {
    const dying = await processes.api(file, { DIE_AT: 'after the answer', DIE_CALL: '5' });
    const history = await load();
    const [key, body] = [randomUUID(), randomUUID()];
    for (let i = 0; i < 4; i++) await history.send(dying.origin);
    expect(await history.send(dying.origin, { key, body })).to.deep.equal({ is: 'ok', number: 5 });
    expect(await dying.process.ended).to.equal('SIGKILL');
    expect(await history.send(healthy.origin, { key, body })).to.deep.equal({ is: 'ok', number: 5 });
    await deployment.settled();
    expect(await history.check(deployment)).to.have.length(5);
  });

  it('with many keyed requests in flight has each of them written once after their retries', async () => {
    const dying = await processes.api(file, { DIE_AT: 'after the script', DIE_CALL: '12' });
    const history = await load();
    const requests = Array.from({ length: 300 }, () => ({ key: randomUUID(), body: randomUUID() }));
    const waiting = [...requests];
    const client = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        while ((await history.send(dying.process.isAlive ? dying.origin : healthy.origin, next)).is !== 'ok');
      }
    };
    await Promise.all(Array.from({ length: 32 }, client));
    expect(await dying.process.ended).to.equal('SIGKILL');
    expect(history.count('unknown')).to.be.above(0);
    const again = await Promise.all(requests.map((request) => history.send(healthy.origin, request)));
    expect(again.every(({ is }) => is === 'ok')).to.equal(true);
    await deployment.settled();
    expect(await history.check(deployment)).to.have.length(300);
  });
});
