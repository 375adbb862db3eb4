import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('a tail that Redis brought along from an earlier epoch', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let path: string;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    path = `${app.path}/chats/1/messages`;
    for (const body of ['first', 'second', 'third'])
      await client.post(path, { key: app.key, body: { body } });
    await deployment.settled();

    const old = await deployment.redis.hgetall(tailKey());
    expect(old).to.include.keys('1', '2', '3');
    await client.patch(`${path}/2`, { key: app.key, body: { body: 'edited' } });
    await client.delete(`${path}/3`, { key: app.key });
    // As if the append-only file had lost its last second, in which these were taken out.
    await deployment.redis.hset(tailKey(), old);
    await deployment.redis.set(deployment.keys().epoch, 'fence:test');
    await waitUntil('a new epoch', async () => (await deployment.redis.get(deployment.keys().epoch)) === '2');
  });
  after(() => deployment.stop());

  const tailKey = () => deployment.keys().tail(app.token, 1);
  const listed = async () =>
    (await client.get(path, { key: app.key })).body.data.map(({ body }: { body: string }) => body);

  it('is not read: what was edited or deleted since stays so', async () => {
    expect(await listed()).to.deep.equal(['first', 'edited', null]);
    expect((await client.get(`${path}/2`, { key: app.key })).body).to.include({ body: 'edited' });
    expect((await client.get(`${path}/3`, { key: app.key })).body).to.include({ body: null });
  });

  it('is not appended to: the next message begins a tail of its own', async () => {
    const sent = await client.post(path, { key: app.key, body: { body: 'fourth' } });
    expect(sent.body).to.include({ number: 4 });
    const tail = await deployment.redis.hgetall(tailKey());
    expect(tail).to.have.all.keys('e', 'lo', '4');
    expect(tail).to.include({ e: '2', lo: '3' });
    expect(await listed()).to.deep.equal(['first', 'edited', null, 'fourth']);
  });
});
