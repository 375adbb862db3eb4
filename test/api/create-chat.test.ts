import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('creating a chat', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
  });
  after(() => deployment.stop());

  it('counts 1, 2, 3 … for each application by itself, however many come at once', async () => {
    const [one, two] = [await deployment.application(client), await deployment.application(client)];
    const make = ({ path, key }: TestApplication) => client.post(`${path}/chats`, { key });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => make(i % 2 ? one : two)));
    for (const { token } of [one, two]) {
      const numbers = answers.filter(({ body }) => body.app_token === token).map(({ body }) => body.number);
      expect(numbers.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1));
    }
  });

  it('answers with the whole chat and where it is', async () => {
    const metadata = { order: 'A-17', nested: { list: [1, 'zwei', null, { deep: true }] }, ключ: '🧀' };
    const subject = ' Wo ist meine Bestellung? 🧀 ';
    const { key, path, token } = app;
    const created = await client.post(`${path}/chats`, { key, body: { subject, metadata, open: true } });
    expect(created.status).to.equal(201);
    const { number, created_at } = created.body;
    expect(created.headers.get('location')).to.equal(`${path}/chats/${number}`);
    expect(created.body).to.deep.equal({
      ...{ number, app_token: token, subject, character_id: null, metadata, status: 'open', open: true },
      ...{ labels: [], owner: null, owner_version: 0, customer: null, message_count: 0 },
      ...{ created_at, updated_at: created_at, last_activity_at: created_at },
    });
    expect(Math.abs(Date.parse(created_at) - Date.now())).to.be.lessThan(5000);
    expect((await client.get(`${path}/chats/${number}`, { key })).body).to.deep.equal(created.body);
    expect((await client.get(`${path}/chats`, { key })).body.data[0]).to.deep.equal(created.body);
  });

  it('needs no body, and takes a null subject', async () => {
    const { key, path } = app;
    const bare = await client.post(`${path}/chats`, { key });
    expect(bare.status).to.equal(201);
    expect(bare.body).to.deep.include({ subject: null, metadata: {}, open: false });
    expect((await client.post(`${path}/chats`, { key, body: { subject: null } })).status).to.equal(201);
  });

  it('of a customer belongs to that customer, and is never open', async () => {
    const sub = 'customer-7';
    const customer = mintToken(deployment, { role: 'customer', app: app.token, sub });
    const created = await client.post(`${app.path}/chats`, { key: customer, body: { subject: 'Mine' } });
    expect(created.body.customer).to.deep.equal({ id: sub, name: null });
    const found = await client.get(`${app.path}/chats/${created.body.number}`, { key: app.key });
    expect(found.body).to.deep.equal(created.body);
    const open = await client.post(`${app.path}/chats`, { key: customer, body: { open: true } });
    expect(open.status).to.equal(403);
  });

  it('works in the lobby, behind its open chat 1', async () => {
    const key = mintToken(deployment, { role: 'customer', app: 'lobby' });
    expect((await client.get('/applications/lobby/chats/1', { key })).body).to.include({ open: true });
    expect((await client.post('/applications/lobby/chats', { key })).body.number).to.equal(2);
  });

  it('refuses what is no chat, and takes no number for it', async () => {
    const { key, path } = await deployment.application(client);
    for (const body of [
      { subject: '' },
      { subject: ' ' },
      { subject: 'x'.repeat(501) },
      { metadata: [] },
      { metadata: 'text' },
      { metadata: null },
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i])) },
      { open: 1 },
      { open: 'true' },
      { number: 7 },
      { status: 'closed' },
      { owner: null },
    ])
      expect((await client.post(`${path}/chats`, { key, body })).status, JSON.stringify(body)).to.equal(400);
    expect((await client.post(`${path}/chats`, { key })).body.number).to.equal(1);
  });
});
