import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('a message that Postgres refuses', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    await deployment.knex.raw(
      `ALTER TABLE messages ADD CONSTRAINT no_forbidden CHECK (body NOT LIKE 'forbidden%') NOT VALID`,
    );
  });
  after(() => deployment.stop());

  it('is shown as void as soon as that is settled, with its number and without its content', async () => {
    const path = `${app.path}/chats/1/messages`;
    for (const body of ['one', 'forbidden', 'three'])
      expect((await client.post(path, { key: app.key, body: { body } })).status).to.equal(201);
    const { gauge } = deployment.keys();
    await waitUntil('settled', async () => {
      const [newest, applied] = await deployment.redis.hmget(gauge, 'seq', 'applied');
      return newest === applied;
    });
    const { data } = (await client.get(path, { key: app.key })).body;
    expect(data.map(({ number, body }: { number: number; body: string }) => [number, body])).to.deep.equal([
      [1, 'one'],
      [2, null],
      [3, 'three'],
    ]);
    expect((await client.get(`${path}/2`, { key: app.key })).body).to.deep.equal(data[1]);
  });
});
