import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';

const COUNT = 1000;

describe('a thousand creates at once on one chat', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create();
  });
  after(() => deployment.stop());

  it('take exactly the numbers 1 to 1,000', async () => {
    const { client, origin } = await deployment.start();
    const application = await deployment.application(client);
    await client.post(`${application.path}/chats`, { key: application.key });
    const history = new History(application);
    await Promise.all(Array.from({ length: COUNT }, () => history.send(origin)));
    const numbers = history.acknowledged.map(({ outcome }) => outcome.number).sort((a, b) => a - b);
    expect(numbers).to.deep.equal(Array.from({ length: COUNT }, (_, i) => i + 1));
    await deployment.settled();
    expect(await history.check(deployment)).to.have.length(COUNT);
  });
});
