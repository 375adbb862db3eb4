import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { Processes } from '../helpers/processes.ts';

describe('two APIs and two workers on one chat', () => {
  let deployment: Deployment;
  let processes: Processes;
  before(async () => {
    deployment = await Deployment.create();
    processes = new Processes(deployment);
  });
  after(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  it('number densely and once, and a later acknowledged write has the higher number', async () => {
    await Promise.all([processes.worker(), processes.worker()]);
    const [one, two, own] = await Promise.all([processes.api(), processes.api(), deployment.api()]);
    const application = await deployment.application(own.client);
    await own.client.post(`${application.path}/chats`, { key: application.key });
    const history = new History(application);
    const fiber = async () => {
      let last = 0;
      for (let i = 0; i < 40; i++) {
        const outcome = await history.send((i % 2 === 0 ? one : two).origin);
        if (outcome.is !== 'ok') throw new Error(`not acknowledged: ${JSON.stringify(outcome)}`);
        expect(outcome.number).to.be.above(last);
        last = outcome.number;
      }
    };
    await Promise.all(Array.from({ length: 10 }, fiber));
    await deployment.settled();
    expect(await history.check(deployment)).to.have.length(400);
    const numbers = history.acknowledged.map(({ outcome }) => outcome.number).sort((a, b) => a - b);
    expect(numbers).to.deep.equal(Array.from({ length: 400 }, (_, i) => i + 1));
  });
});
