import { expect } from 'chai';
import type { Answer, Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

const numbersOf = ({ body }: Answer): number[] => body.data.map(({ number }: { number: number }) => number);

describe('the list of chats', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  beforeEach(async () => {
    app = await deployment.application(client);
  });
  after(() => deployment.stop());

  const list = (query = '', key = app.key) => client.get(`${app.path}/chats${query}`, { key });

  async function make(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await client.post(`${app.path}/chats`, { key: app.key });
  }

  async function walk(query: string, key = app.key): Promise<number[][]> {
    const pages: number[][] = [];
    for (let cursor = ''; ; ) {
      const page = await list(`?${query}${cursor}`, key);
      expect(page.status).to.equal(200);
      pages.push(numbersOf(page));
      if (page.body.next === null) return pages;
      cursor = `&cursor=${page.body.next}`;
    }
  }

  it('holds every acknowledged chat at once, newest number first', async () => {
    for (let count = 1; count <= 10; count++) {
      await make(1);
      expect(numbersOf(await list())).to.deep.equal(Array.from({ length: count }, (_, i) => count - i));
    }
  });

  it('goes on page by page, the last page without a cursor', async () => {
    await make(6);
    expect(await walk('limit=2')).to.deep.equal([
      [6, 5],
      [4, 3],
      [2, 1],
    ]);
    expect(await walk('limit=4')).to.deep.equal([
      [6, 5, 4, 3],
      [2, 1],
    ]);
  });

  it('filters by status, page by page', async () => {
    await make(6);
    await deployment.settled();
    await deployment
      .knex('chats')
      .where({ app_token: app.token })
      .whereIn('number', [1, 3, 4])
      .update({ status: 'closed' });
    expect(await walk('status=closed&limit=2')).to.deep.equal([[4, 3], [1]]);
    expect(await walk('status=open')).to.deep.equal([[6, 5, 2]]);
    expect(await walk('status=waiting')).to.deep.equal([[]]);
    expect((await list('?status=any')).status).to.equal(400);
  });

  it('by activity puts the last written chat first', async () => {
    await make(3);
    for (const number of [2, 1])
      await client.post(`${app.path}/chats/${number}/messages`, { key: app.key, body: { body: 'now' } });
    const active = await list('?sort=activity');
    expect(numbersOf(active)).to.deep.equal([1, 2, 3]);
    const times = active.body.data.map(
      ({ last_activity_at }: { last_activity_at: string }) => last_activity_at,
    );
    expect([...times].sort().reverse()).to.deep.equal(times);
    expect(numbersOf(await list('?sort=number'))).to.deep.equal([3, 2, 1]);
  });

  it('by activity shows each chat once where many share a time', async () => {
    await make(9);
    await deployment.settled();
    const rows = deployment.knex('chats').where({ app_token: app.token });
    await rows.clone().update({ last_activity_at: '2026-01-01T00:00:00.123456Z' });
    // The same millisecond, apart below it.
    await rows.clone().whereIn('number', [2, 5]).update({ last_activity_at: '2026-01-01T00:00:00.123001Z' });
    await rows.clone().where({ number: 7 }).update({ last_activity_at: '2026-01-01T00:00:01Z' });
    for (const limit of [1, 2, 3, 4])
      expect((await walk(`sort=activity&limit=${limit}`)).flat()).to.deep.equal([7, 9, 8, 6, 5, 4, 3, 2, 1]);
  });

  it('keeps its place while chats are added in front', async () => {
    await make(4);
    const first = await list('?limit=2');
    await make(3);
    expect(numbersOf(await list(`?limit=2&cursor=${first.body.next}`))).to.deep.equal([2, 1]);
  });

  it('refuses the cursors of other lists, and made up ones', async () => {
    await make(3);
    const { next } = (await list('?limit=1')).body;
    const activity = (await list('?limit=1&sort=activity')).body.next;
    const forge = (at: unknown) =>
      Buffer.from(JSON.stringify({ v: 1, list: 'chats by number', at })).toString('base64url');
    for (const query of [
      `sort=activity&cursor=${next}`,
      `cursor=${activity}`,
      `cursor=${next}x${next}`,
      `cursor=${forge({ number: 1e12, activity: 0 })}`,
      `cursor=${forge({ number: 'a', activity: 0 })}`,
      `cursor=${forge({ number: 2, activity: 1e300 })}`,
    ]) {
      const refused = await list(`?${query}`);
      expect(refused.status, query).to.equal(400);
      expect(refused.body.errors[0].path).to.equal('/query/cursor');
    }
    for (const place of ['/keys', '/chats/1/messages/search?q=a', '/messages/search?q=a']) {
      const join = place.includes('?') ? '&' : '?';
      const refused = await client.get(`${app.path}${place}${join}cursor=${next}`, { key: app.key });
      expect(refused.status, place).to.equal(400);
    }
    expect((await client.get(`/me/unread?cursor=${next}`, { key: app.key })).status).to.equal(400);
  });

  it('shows customers their own and the open chats only, on every page', async () => {
    const key = mintToken(deployment, { role: 'customer', app: app.token });
    const other = mintToken(deployment, { role: 'customer', app: app.token });
    const chats = `${app.path}/chats`;
    await client.post(chats, { key: app.key });
    await client.post(chats, { key });
    await client.post(chats, { key: other });
    await client.post(chats, { key: app.key, body: { open: true } });
    await client.post(chats, { key });
    expect(await walk('limit=2', key)).to.deep.equal([[5, 4], [2]]);
    expect(await walk('limit=2&sort=activity', other)).to.deep.equal([[4, 3]]);
    expect(await walk('', app.key)).to.deep.equal([[5, 4, 3, 2, 1]]);
  });
});
