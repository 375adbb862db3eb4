import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('changing a message', () => {
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
    await client.post(`${app.path}/chats`, { key: app.key, body: { open: true } });
    path = `${app.path}/chats/1/messages`;
    for (const body of ['first', 'second', 'third'])
      await client.post(path, { key: app.key, body: { body } });
  });
  after(() => deployment.stop());

  const get = (number: number) => client.get(`${path}/${number}`, { key: app.key });
  const edit = (number: number, body: unknown, key = app.key) =>
    client.patch(`${path}/${number}`, { key, body: { body } });
  const remove = (number: number, key = app.key) => client.delete(`${path}/${number}`, { key });
  const found = async (q: string) =>
    (await client.get(`${path}/search?q=${q}`, { key: app.key })).body.data.map(
      ({ number }: { number: number }) => number,
    );

  it('by an edit shows the new words at once, wherever they are read', async () => {
    const before = (await get(2)).body;
    const edited = await edit(2, ' zweite 🧀 ');
    expect(edited.status).to.equal(200);
    const { edited_at, updated_at } = edited.body;
    expect(edited.body).to.deep.equal({ ...before, body: ' zweite 🧀 ', edited_at, updated_at });
    expect(Date.parse(edited_at)).to.be.at.least(Date.parse(before.created_at));
    expect((await get(2)).body).to.deep.equal(edited.body);
    const listed = (await client.get(path, { key: app.key })).body.data;
    expect(listed.map(({ body }: { body: string }) => body)).to.deep.equal(['first', ' zweite 🧀 ', 'third']);
    expect(listed[1]).to.deep.equal(edited.body);
    expect(await found('zweite')).to.deep.equal([2]);
    expect(await found('second')).to.deep.equal([]);
  });

  it('by a deletion takes the body and keeps the number', async () => {
    const before = (await get(2)).body;
    const deleted = await remove(2);
    expect(deleted.status).to.equal(200);
    const { deleted_at, updated_at } = deleted.body;
    expect(deleted.body).to.deep.equal({ ...before, body: null, deleted_at, updated_at });
    expect(deleted_at).to.be.a('string');
    expect((await get(2)).body).to.deep.equal(deleted.body);
    const listed = (await client.get(path, { key: app.key })).body.data;
    expect(listed.map(({ number, body }: { number: number; body: string }) => [number, body])).to.deep.equal([
      ...[
        [1, 'first'],
        [2, null],
        [3, 'third'],
      ],
    ]);
    expect(await found('second')).to.deep.equal([]);
    const next = await client.post(path, { key: app.key, body: { body: 'fourth' } });
    expect(next.body.number).to.equal(4);
    const row = await deployment.knex('messages').whereNotNull('deleted_at').orderBy('id', 'desc').first();
    expect(row.body).to.equal(null);
  });

  it('by a second deletion changes nothing, and an edit after it is refused', async () => {
    const deleted = (await remove(1)).body;
    const again = await remove(1);
    expect(again.status).to.equal(200);
    expect(again.body).to.deep.equal(deleted);
    const refused = await edit(1, 'back');
    expect(refused.status).to.equal(409);
    expect(refused.body.code).to.equal('conflict');
    expect((await get(1)).body).to.deep.equal(deleted);
  });

  it('shows at once right after the message was taken, edit after edit', async () => {
    for (let round = 0; round < 5; round++) {
      const { number } = (await client.post(path, { key: app.key, body: { body: `raw ${round}` } })).body;
      expect((await edit(number, `one ${round}`)).status).to.equal(200);
      expect((await get(number)).body.body).to.equal(`one ${round}`);
      expect((await edit(number, `two ${round}`)).body.body).to.equal(`two ${round}`);
      expect((await client.get(`${path}?limit=1`, { key: app.key })).body.data[0].body).to.equal(
        `two ${round}`,
      );
      expect((await remove(number)).status).to.equal(200);
      expect((await get(number)).body.body).to.equal(null);
    }
  });

  it('is for its author, the staff and the key', async () => {
    const as = (role: 'customer' | 'agent' | 'admin' | 'visitor', sub: string) =>
      mintToken(deployment, { role, app: app.token, sub });
    const [ann, bob] = [as('customer', 'ann'), as('customer', 'bob')];
    const { number } = (await client.post(path, { key: ann, body: { body: 'by Ann' } })).body;
    for (const key of [bob, as('visitor', 'ann')]) {
      expect((await edit(number, 'taken', key)).status).to.equal(403);
      expect((await remove(number, key)).status).to.equal(403);
    }
    expect((await edit(1, 'the key’s', ann)).status).to.equal(403);
    expect((await get(number)).body.body).to.equal('by Ann');
    for (const key of [ann, as('agent', 'x'), as('admin', 'y'), app.key])
      expect((await edit(number, 'changed', key)).status).to.equal(200);
    expect((await remove(number, ann)).status).to.equal(200);
  });

  it('in a private chat of somebody else is 404', async () => {
    const as = (sub: string) => mintToken(deployment, { role: 'customer', app: app.token, sub });
    const chat = (await client.post(`${app.path}/chats`, { key: as('ann') })).body.number;
    const place = `${app.path}/chats/${chat}/messages`;
    await client.post(place, { key: as('ann'), body: { body: 'private' } });
    expect((await client.patch(`${place}/1`, { key: as('bob'), body: { body: 'x' } })).status).to.equal(404);
    expect((await client.delete(`${place}/1`, { key: as('bob') })).status).to.equal(404);
    expect((await client.get(`${place}/1`, { key: as('ann') })).body.body).to.equal('private');
  });

  it('refuses bodies that no message could have, and numbers that are not there', async () => {
    for (const body of ['', ' ', 'x'.repeat(10_001), null, 7, ['x'], { text: 'x' }])
      expect((await edit(1, body)).status, JSON.stringify(body)).to.equal(400);
    for (const fields of [
      {},
      { body: 'x', author: { id: 'me' } },
      { body: 'x', number: 9 },
      { body: 'x', deleted_at: null },
    ])
      expect((await client.patch(`${path}/1`, { key: app.key, body: fields })).status).to.equal(400);
    expect((await get(1)).body).to.deep.include({ body: 'first', edited_at: null });
    for (const number of [4, 0, 2_147_483_647]) {
      expect((await edit(number, 'x')).status).to.equal(404);
      expect((await remove(number)).status).to.equal(404);
      expect((await get(number)).status).to.equal(404);
    }
  });
});
