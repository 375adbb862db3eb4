import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { type Fate, FaultyProxy } from '../helpers/faulty-proxy.ts';
import { History } from '../helpers/history.ts';
import { waitUntil } from '../helpers/wait-until.ts';

/** Beyond the second that a call may take. */
const HELD_MS = 1500;

describe('a reserve call held back on its way to Redis', () => {
  let deployment: Deployment;
  let proxy: FaultyProxy;
  after(async () => {
    await deployment.stop();
    await proxy.close();
  });

  it('changes nothing when it arrives after its deadline; its callers have had their 503', async () => {
    deployment = await Deployment.create();
    let holding = false;
    let late = 0;
    const decide = (requests: Buffer): Fate => {
      if (!holding || !requests.includes(deployment.keys().slot(''))) return { is: 'pass' };
      holding = false;
      return { is: 'hold', ms: HELD_MS };
    };
    proxy = new FaultyProxy(deployment.env.REDIS_URL!, decide, (replies) => {
      if (/\r\nlate \d+ \d+/.test(replies.toString('latin1'))) late++;
    });
    await deployment.worker();
    const { client, origin } = await deployment.api({ REDIS_URL: await proxy.listen() });
    const application = await deployment.application(client);
    await client.post(`${application.path}/chats`, { key: application.key });
    const history = new History(application);
    await history.send(origin);
    await deployment.settled();

    holding = true;
    const held = history.send(origin);
    const behind = Promise.all(Array.from({ length: 10 }, () => history.send(origin)));
    expect(await held).to.deep.equal({ is: 'unknown', why: '503' });
    for (const outcome of await behind) expect(outcome).to.deep.equal({ is: 'unknown', why: '503' });
    for (const { ms } of history.attempts) expect(ms).to.be.below(2500);

    await waitUntil('the held call, late at Redis', () => late === 1);
    const next = await waitUntil('service again', async () => {
      const outcome = await history.send(origin);
      return outcome.is === 'ok' ? outcome : null;
    });
    expect(next.number).to.equal(2);
    await deployment.settled();
    await history.check(deployment);
  });
});
