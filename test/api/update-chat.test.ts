import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('changing a chat', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let path: string;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  beforeEach(async () => {
    app = await deployment.application(client);
    const body = { subject: 'First', metadata: { a: 1, b: { c: 2 } } };
    await client.post(`${app.path}/chats`, { key: app.key, body });
    path = `${app.path}/chats/1`;
  });
  after(() => deployment.stop());

  const patch = (body: unknown, key = app.key) => client.patch(path, { key, body });

  it('is seen at once and leaves what is not named', async () => {
    const before = (await client.get(path, { key: app.key })).body;
    const { status, body } = await patch({ subject: 'Second' });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ ...before, subject: 'Second', updated_at: body.updated_at });
    expect(Date.parse(body.updated_at)).to.be.at.least(Date.parse(before.updated_at));
    expect((await client.get(path, { key: app.key })).body).to.deep.equal(body);
    expect((await client.get(`${app.path}/chats`, { key: app.key })).body.data).to.deep.equal([body]);
  });

  it('takes the subject away with null', async () => {
    expect((await patch({ subject: null })).body.subject).to.equal(null);
    expect((await client.get(path, { key: app.key })).body.subject).to.equal(null);
  });

  it('replaces metadata and labels as a whole', async () => {
    expect((await patch({ metadata: { d: [1] } })).body.metadata).to.deep.equal({ d: [1] });
    expect((await patch({ metadata: {} })).body.metadata).to.deep.equal({});
    const labels = ['vip', 'a,b', '{"quoted"}', "it's", 'back\\slash', 'NULL', ' 🧀 '];
    expect((await patch({ labels })).body.labels).to.deep.equal(labels);
    expect((await client.get(path, { key: app.key })).body.labels).to.deep.equal(labels);
    expect((await patch({ labels: ['one'] })).body.labels).to.deep.equal(['one']);
    expect((await patch({ labels: [] })).body.labels).to.deep.equal([]);
  });

  it('refuses what is not the caller’s to change, and changes nothing', async () => {
    const before = (await client.get(path, { key: app.key })).body;
    for (const body of [
      {},
      { subject: '' },
      { subject: 7 },
      { metadata: null },
      { metadata: [] },
      { labels: null },
      { labels: 'vip' },
      { labels: ['same', 'same'] },
      { labels: [''] },
      { labels: Array.from({ length: 51 }, (_, i) => `l${i}`) },
      { number: 2 },
      { status: 'closed' },
      { open: true },
      { subject: 'fine', customer: { id: 'x' } },
    ])
      expect((await patch(body)).status, JSON.stringify(body)).to.equal(400);
    expect((await client.get(path, { key: app.key })).body).to.deep.equal(before);
  });

  it('leaves labels to the staff, and other customers’ chats unseen', async () => {
    const as = (role: 'customer' | 'agent' | 'admin') => mintToken(deployment, { role, app: app.token });
    expect((await patch({ subject: 'Hers' }, as('customer'))).status).to.equal(404);
    const mine = as('customer');
    const own = await client.post(`${app.path}/chats`, { key: mine });
    const place = `${app.path}/chats/${own.body.number}`;
    expect((await client.patch(place, { key: mine, body: { subject: 'Mine' } })).status).to.equal(200);
    expect((await client.patch(place, { key: mine, body: { labels: ['vip'] } })).status).to.equal(403);
    expect((await client.patch(place, { key: as('agent'), body: { labels: ['vip'] } })).status).to.equal(200);
    expect((await client.patch(place, { key: as('admin'), body: { labels: [] } })).status).to.equal(200);
  });

  it('that is open is refused to customers it does not belong to, who may only use it', async () => {
    const [hers, his] = ['ann', 'bob'].map((sub) =>
      mintToken(deployment, { role: 'customer', app: app.token, sub }),
    );
    const nobodys = await client.post(`${app.path}/chats`, { key: app.key, body: { open: true } });
    const annes = await client.post(`${app.path}/chats`, { key: hers!, body: { subject: 'Hers' } });
    await deployment.settled();
    await deployment
      .knex('chats')
      .where({ app_token: app.token, number: annes.body.number })
      .update({ open: true });
    const place = (chat: typeof annes) => `${app.path}/chats/${chat.body.number}`;
    const change = (chat: typeof annes, key = '') =>
      client.patch(place(chat), { key, body: { subject: 'Mine', metadata: { mine: true } } });

    for (const chat of [nobodys, annes]) {
      expect((await client.get(place(chat), { key: his! })).status).to.equal(200);
      const refused = await change(chat, his);
      expect([refused.status, refused.body.code]).to.deep.equal([403, 'forbidden']);
      const { body } = await client.get(place(chat), { key: app.key });
      expect(body).to.deep.include({ subject: chat.body.subject, metadata: {} });
    }
    expect((await change(annes, hers)).status).to.equal(200);
    expect((await client.get(place(annes), { key: app.key })).body).to.include({ subject: 'Mine' });
    expect((await change(nobodys, app.key)).status).to.equal(200);
  });

  it('answers 404 for a number that is not there, or no number', async () => {
    for (const number of ['2', '0', '-1', '01', '1.0', '1e0', 'x', '2147483648', '99999999999']) {
      expect((await client.get(`${app.path}/chats/${number}`, { key: app.key })).status, number).to.equal(
        404,
      );
      const changed = await client.patch(`${app.path}/chats/${number}`, {
        key: app.key,
        body: { subject: 'x' },
      });
      expect(changed.status, number).to.equal(404);
    }
  });
});
