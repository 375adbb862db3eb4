import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';

describe('BASE_PATH', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create({ BASE_PATH: '/chat/v1' });
  });
  after(() => deployment.stop());

  it('stands before every route and in every address that is given out', async () => {
    const { client, origin } = await deployment.start();
    expect(origin).to.match(/\/chat\/v1$/);
    const created = await client.post('/applications', { body: { name: 'Shop' } });
    const { token, access_token: key } = created.body;
    expect(created.headers.get('location')).to.equal(`/chat/v1/applications/${token}`);
    const chat = await client.post(`/applications/${token}/chats`, { key });
    const message = await client.post(`/applications/${token}/chats/1/messages`, {
      key,
      body: { body: 'Hi' },
    });
    const root = new URL(origin).origin;
    for (const { headers, body } of [created, chat, message]) {
      const location = headers.get('location')!;
      const followed = await fetch(root + location, { headers: { authorization: `Bearer ${key}` } });
      expect(followed.status, location).to.equal(200);
      expect(await followed.json()).to.deep.include({ created_at: body.created_at });
    }
    expect((await client.get('/openapi.json')).body.servers).to.deep.equal([{ url: '/chat/v1' }]);
    for (const path of ['/healthz', '/applications', '/chat/healthz', '/chat/v1x/healthz'])
      expect((await fetch(root + path)).status, path).to.equal(404);
  });

  it('is no part of what an Idempotency-Key stands for', async () => {
    const [one, two] = [
      await deployment.api({ BASE_PATH: '' }),
      await deployment.api({ BASE_PATH: '/other' }),
    ];
    const options = {
      body: { name: 'Shop' },
      headers: { 'idempotency-key': 'the same key on two addresses' },
    };
    const first = await one.client.post('/applications', options);
    const second = await two.client.post('/applications', options);
    expect(second.status).to.equal(201);
    expect(second.body).to.deep.equal(first.body);
  });
});
