import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('the keys of an application', () => {
  let deployment: Deployment;
  let client: Client;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  after(() => deployment.stop());

  it('may be several, all good at the same time', async () => {
    const { key, path } = await deployment.application(client);
    const named = await client.post(`${path}/keys`, { key, body: { name: 'server 2' } });
    expect(named.status).to.equal(201);
    expect(named.body).to.include({ name: 'server 2' });
    const plain = await client.post(`${path}/keys`, { key: named.body.access_token });
    expect(plain.body.name).to.equal(null);
    for (const bearer of [key, named.body.access_token, plain.body.access_token])
      expect((await client.post(`${path}/chats`, { key: bearer })).status).to.equal(201);
    const ids = [named.body.key_id, plain.body.key_id];
    expect(new Set(ids).size).to.equal(2);
  });

  it('are listed oldest first, page by page, without their tokens', async () => {
    const created = (await client.post('/applications', { body: { name: 'Shop' } })).body;
    const [path, key] = [`/applications/${created.token}/keys`, created.access_token];
    const ids = [created.key_id];
    for (let i = 0; i < 4; i++) ids.push((await client.post(path, { key })).body.key_id);
    // Equal times must not lose or repeat any.
    await deployment
      .knex('api_keys')
      .where({ app_token: created.token })
      .update({ created_at: '2026-01-01' });
    const first = await client.get(`${path}?limit=2`, { key });
    const second = await client.get(`${path}?limit=2&cursor=${first.body.next}`, { key });
    const third = await client.get(`${path}?limit=2&cursor=${second.body.next}`, { key });
    expect(third.body.next).to.equal(null);
    const listed = [first, second, third].flatMap(({ body }) => body.data);
    expect(listed.map(({ key_id }) => key_id)).to.have.members(ids);
    expect(listed).to.have.length(5);
    for (const item of listed) expect(item).to.have.all.keys('key_id', 'name', 'created_at');
  });

  it('stop working at once where they are deleted, and within 5 s in another API', async () => {
    const other = await deployment.api();
    const { key, path } = await deployment.application(client);
    const { body } = await client.post(`${path}/keys`, { key });
    const bearer = body.access_token;
    expect((await other.client.get(path, { key: bearer })).status).to.equal(200);

    expect((await client.delete(`${path}/keys/${body.key_id}`, { key })).status).to.equal(204);
    const deletedAt = Date.now();
    expect((await client.get(path, { key: bearer })).status).to.equal(401);
    await waitUntil('the other API refuses the key', async () => {
      return (await other.client.get(path, { key: bearer })).status === 401;
    });
    expect(Date.now() - deletedAt).to.be.lessThan(5000);
    for (const api of [client, other.client]) {
      for (const [method, place] of [
        ['POST', `${path}/chats`],
        ['GET', '/me/unread'],
        ['POST', '/applications'],
      ] as const)
        expect(
          (await api.call(method, place, { key: bearer, body: method === 'GET' ? undefined : {} })).status,
        ).to.equal(401);
    }
    // The application's other key stays good, and an API that starts later knows too.
    expect((await client.get(path, { key })).status).to.equal(200);
    const late = await deployment.api();
    expect((await late.client.get(path, { key: bearer })).status).to.equal(401);
  });

  it('are no longer listed once deleted, and deleting again is 404', async () => {
    const { key, path } = await deployment.application(client);
    const { body } = await client.post(`${path}/keys`, { key });
    await client.delete(`${path}/keys/${body.key_id}`, { key });
    expect((await client.delete(`${path}/keys/${body.key_id}`, { key })).status).to.equal(404);
    expect((await client.delete(`${path}/keys/no-uuid`, { key })).status).to.equal(404);
    const listed = (await client.get(`${path}/keys`, { key })).body.data;
    expect(listed.map(({ key_id }: { key_id: string }) => key_id)).not.to.include(body.key_id);
    expect(listed).to.have.length(1);
  });

  it('may be issued by an operator, for an application that exists', async () => {
    const { path } = await deployment.application(client);
    const issued = await client.post(`${path}/keys`, { key: OPERATOR, body: { name: 'rescue' } });
    expect(issued.status).to.equal(201);
    expect((await client.get(path, { key: issued.body.access_token })).status).to.equal(200);
    for (const first of ['00', 'ff']) {
      const unknown = `/applications/${first}000000-0000-4000-8000-000000000000/keys`;
      expect((await client.post(unknown, { key: OPERATOR })).status).to.equal(404);
    }
  });

  it('of another application are not there', async () => {
    const mine = await deployment.application(client);
    const theirs = (await client.post('/applications', { body: { name: 'Other' } })).body;
    const foreign = `${mine.path}/keys/${theirs.key_id}`;
    expect((await client.delete(foreign, { key: mine.key })).status).to.equal(404);
    const theirPath = `/applications/${theirs.token}`;
    expect((await client.get(theirPath, { key: theirs.access_token })).status).to.equal(200);
    expect((await client.post(`${theirPath}/keys`, { key: mine.key })).status).to.equal(404);
  });
});
