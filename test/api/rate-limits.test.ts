import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('rate limits of writes', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create({ KEY_RATE: '5', KEY_BURST: '5', USER_RATE: '2', USER_BURST: '3' });
    await deployment.worker();
  });
  after(() => deployment.stop());

  async function opened() {
    const { client } = await deployment.api();
    const app = await deployment.application(client);
    return { client, ...app, chats: `${app.path}/chats` };
  }

  it('let a burst through, refuse what is beyond, and recover', async () => {
    const { client, chats, key } = await opened();
    const answers = await Promise.all(Array.from({ length: 9 }, () => client.post(chats, { key })));
    const taken = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 429);
    expect(taken.length + refused.length).to.equal(9);
    // While they arrive a slot may come free.
    expect(taken.length).to.be.within(5, 6);
    for (const { body, headers } of refused) {
      expect(body.code).to.equal('rate_limited');
      expect(Number(headers.get('retry-after'))).to.equal(1);
      expect(headers.get('ratelimit-remaining')).to.equal('0');
      expect(Number(headers.get('ratelimit-reset'))).to.be.at.least(1);
    }
    const next = await waitUntil(
      'a slot',
      async () => {
        const answer = await client.post(chats, { key });
        return answer.status === 201 ? answer : undefined;
      },
      1500,
    );
    // Refused calls took no number.
    expect(next.body.number).to.equal(taken.length + 1);
  });

  it('are each principal’s own, over all API processes', async () => {
    const { client, path, chats, key } = await opened();
    const second = (await client.post(`${path}/keys`, { key })).body.access_token;
    const { client: other } = await deployment.api();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 ? client : other).post(chats, { key })),
    );
    expect(answers.filter(({ status }) => status === 201).length).to.be.within(5, 7);
    expect((await client.post(chats, { key: second })).status).to.equal(201);
  });

  it('of users are others than those of keys', async () => {
    const { client, token, chats } = await opened();
    const key = mintToken(deployment, { role: 'customer', app: token });
    const answers = await Promise.all(Array.from({ length: 9 }, () => client.post(chats, { key })));
    expect(answers.filter(({ status }) => status === 201).length).to.be.within(3, 4);
  });

  it('do not count replays, and leave reads alone', async () => {
    const { client, chats, key } = await opened();
    const headers = { 'idempotency-key': 'once' };
    const first = await client.post(chats, { key, headers });
    for (let i = 0; i < 20; i++) {
      const again = await client.post(chats, { key, headers });
      expect(again.body).to.deep.equal(first.body);
      expect((await client.get(chats, { key })).status).to.equal(200);
    }
  });

  it('are off with RATE_LIMITS=off', async () => {
    const { client } = await deployment.api({ RATE_LIMITS: 'off' });
    const { path, key } = await deployment.application(client);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => client.post(`${path}/chats`, { key })),
    );
    for (const { status } of answers) expect(status).to.equal(201);
  });
});
