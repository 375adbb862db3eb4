import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('read positions', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  beforeEach(async () => {
    app = await deployment.application(client);
    await fill(1, 5);
  });
  after(() => deployment.stop());

  async function fill(chat: number, count: number, body = {}): Promise<void> {
    await client.post(`${app.path}/chats`, { key: app.key, body });
    for (let i = 0; i < count; i++)
      await client.post(`${app.path}/chats/${chat}/messages`, { key: app.key, body: { body: 'Hi' } });
  }
  const mark = (number: unknown, key = app.key, chat = 1) =>
    client.put(`${app.path}/chats/${chat}/read`, { key, body: { number } });
  const unread = (key = app.key, query = '') => client.get(`/me/unread${query}`, { key });

  it('move on and never back, in whatever order the calls come', async () => {
    expect((await mark(3)).body).to.deep.equal({ chat_number: 1, number: 3, unread: 2 });
    expect((await mark(1)).body).to.deep.equal({ chat_number: 1, number: 3, unread: 2 });
    const last = await Promise.all([5, 2, 4, 1, 3].map((number) => mark(number)));
    for (const { status } of last) expect(status).to.equal(200);
    expect((await mark(1)).body).to.deep.equal({ chat_number: 1, number: 5, unread: 0 });
  });

  it('cannot lie beyond the last message, or before the first', async () => {
    const beyond = await mark(6);
    expect(beyond.status).to.equal(400);
    expect(beyond.body.errors[0].path).to.equal('/body/number');
    for (const number of [0, -1, 1.5, '3', null, 2 ** 31]) expect((await mark(number)).status).to.equal(400);
    expect((await unread()).body.data[0]).to.deep.include({ number: 0, unread: 5 });
  });

  it('leave the unread messages of each chat, newest chat first, a new message at once', async () => {
    await fill(2, 2);
    await fill(3, 0);
    expect((await unread()).body).to.deep.equal({
      data: [
        { chat_number: 2, number: 0, last_number: 2, unread: 2 },
        { chat_number: 1, number: 0, last_number: 5, unread: 5 },
      ],
      next: null,
    });
    await mark(5);
    expect(
      (await unread()).body.data.map(({ chat_number }: { chat_number: number }) => chat_number),
    ).to.deep.equal([2]);
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'new' } });
    expect((await unread()).body.data[1]).to.deep.equal({
      chat_number: 1,
      number: 5,
      last_number: 6,
      unread: 1,
    });
  });

  it('are listed page by page', async () => {
    await fill(2, 1);
    await fill(3, 1);
    const first = (await unread(app.key, '?limit=2')).body;
    const second = (await unread(app.key, `?limit=2&cursor=${first.next}`)).body;
    const numbers = [...first.data, ...second.data].map(({ chat_number }) => chat_number);
    expect(numbers).to.deep.equal([3, 2, 1]);
    expect(second.next).to.equal(null);
  });

  it('are each person’s own; all keys of an application read as one', async () => {
    const [ann, bob] = ['ann', 'bob'].map((sub) =>
      mintToken(deployment, { role: 'agent', app: app.token, sub }),
    );
    await mark(4, ann);
    expect((await unread(ann)).body.data[0].unread).to.equal(1);
    expect((await unread(bob)).body.data[0].unread).to.equal(5);
    const second = (await client.post(`${app.path}/keys`, { key: app.key })).body.access_token;
    await mark(2, second);
    expect((await unread()).body.data[0].unread).to.equal(3);
  });

  it('of customers cover their own and open chats', async () => {
    await fill(2, 1, { open: true });
    const key = mintToken(deployment, { role: 'customer', app: app.token });
    expect((await unread(key)).body.data).to.deep.equal([
      { chat_number: 2, number: 0, last_number: 1, unread: 1 },
    ]);
    expect((await mark(1, key, 1)).status).to.equal(404);
    expect((await mark(1, key, 2)).body.unread).to.equal(0);
    expect((await unread(key)).body.data).to.deep.equal([]);
  });
});
