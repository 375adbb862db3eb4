import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { FaultyProxy } from '../helpers/faulty-proxy.ts';
import { History } from '../helpers/history.ts';
import { seededRandom } from '../helpers/seeded-random.ts';

const CUT_PROBABILITY = 0.15;
const SENDS = 400;

describe('a reply of the reserve script lost on the wire', () => {
  const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
  let deployment: Deployment;
  let proxy: FaultyProxy;
  after(async () => {
    await deployment.stop();
    await proxy.close();
  });
  afterEach(function () {
    if (this.currentTest?.isFailed()) console.error(`TEST_SEED=${seed}`);
  });

  it(`makes no call happen twice, though it is sent again (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    deployment = await Deployment.create();
    let cutting = false;
    proxy = new FaultyProxy(deployment.env.REDIS_URL!, (requests) =>
      cutting && requests.includes(deployment.keys().slot('')) && random() < CUT_PROBABILITY
        ? { is: 'cut reply' }
        : { is: 'pass' },
    );
    await deployment.worker();
    const { client, origin } = await deployment.api({ REDIS_URL: await proxy.listen() });
    const application = await deployment.application(client);
    await client.post(`${application.path}/chats`, { key: application.key });
    const history = new History(application);
    cutting = true;
    const fiber = async () => {
      for (let i = 0; i < SENDS / 8; i++) await history.send(origin);
    };
    await Promise.all(Array.from({ length: 8 }, fiber));
    cutting = false;
    await deployment.settled();
    expect(proxy.cuts).to.be.above(5);
    // The call that was sent again was answered by its own first run.
    expect(history.count('ok')).to.be.above(SENDS / 2);
    await history.check(deployment);
  });
});
