import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';

interface Page {
  numbers: number[];
  next: number | null;
}

const COUNT = 600;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('the list of messages', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let path: string;
  let worker: { stop(): Promise<void> };
  let pages: unknown;

  before(async () => {
    deployment = await Deployment.create();
    worker = await deployment.worker();
    ({ client } = await deployment.api());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    path = `${app.path}/chats/1/messages`;
    await send(1, 350);
    await deployment.settled();
    await worker.stop();
    await send(351, COUNT);
  });
  after(() => deployment.stop());

  /** In order, fifty under way at a time: what counts is that number and text belong together. */
  async function send(from: number, to: number): Promise<void> {
    for (let at = from; at <= to; at += 50) {
      const sent = range(at, Math.min(at + 49, to)).map(() =>
        client.post(path, { key: app.key, body: { body: 'text' } }),
      );
      for (const { status } of await Promise.all(sent)) expect(status).to.equal(201);
    }
  }

  async function page(query: string): Promise<Page> {
    const { status, body } = await client.get(`${path}${query}`, { key: app.key });
    expect(status, query).to.equal(200);
    for (const message of body.data) expect(message).to.include({ chat_number: 1, body: 'text' });
    return { numbers: body.data.map(({ number }: { number: number }) => number), next: body.next };
  }

  async function walk(first: string, step: (next: number) => string): Promise<Page[]> {
    const seen: Page[] = [];
    for (let query = first; ; ) {
      const one = await page(query);
      seen.push(one);
      if (one.next === null) return seen;
      expect(seen.length).to.be.lessThan(50);
      query = step(one.next);
    }
  }

  async function expectPages(): Promise<unknown> {
    const forwards = await walk('?after=0&limit=70', (next) => `?after=${next}&limit=70`);
    expect(forwards.flatMap(({ numbers }) => numbers)).to.deep.equal(range(1, COUNT));
    expect(forwards.map(({ next }) => next)).to.deep.equal([70, 140, 210, 280, 350, 420, 490, 560, null]);

    const backwards = await walk('?limit=70', (next) => `?before=${next}&limit=70`);
    expect(backwards.toReversed().flatMap(({ numbers }) => numbers)).to.deep.equal(range(1, COUNT));
    expect(backwards.map(({ next }) => next)).to.deep.equal([531, 461, 391, 321, 251, 181, 111, 41, null]);

    expect(await page('')).to.deep.equal({ numbers: range(551, 600), next: 551 });
    expect(await page('?limit=200')).to.deep.equal({ numbers: range(401, 600), next: 401 });
    expect(await page('?before=601&limit=1')).to.deep.equal({ numbers: [600], next: 600 });
    expect(await page('?before=2147483648&limit=1')).to.deep.equal({ numbers: [600], next: 600 });
    expect(await page('?before=2')).to.deep.equal({ numbers: [1], next: null });
    expect(await page('?before=1')).to.deep.equal({ numbers: [], next: null });
    expect(await page('?after=599')).to.deep.equal({ numbers: [600], next: null });
    expect(await page('?after=600')).to.deep.equal({ numbers: [], next: null });
    expect(await page('?after=2147483647')).to.deep.equal({ numbers: [], next: null });
    expect(await page('?after=549&limit=51')).to.deep.equal({ numbers: range(550, 600), next: null });
    expect(await page('?after=549&limit=50')).to.deep.equal({ numbers: range(550, 599), next: 599 });
    const whole = await client.get(`${path}?after=340&limit=200`, { key: app.key });
    return [forwards, backwards, whole.body];
  }

  it('is dense, forwards and backwards, while the newer part waits for a worker', async () => {
    pages = await expectPages();
  });

  it('is the same when all of it is persisted', async () => {
    worker = await deployment.worker();
    await deployment.settled();
    expect(await expectPages()).to.deep.equal(pages);
  });

  it('is the same when Redis has lost the tail', async () => {
    expect(await deployment.redis.del(deployment.keys().tail(app.token, 1))).to.equal(1);
    expect(await expectPages()).to.deep.equal(pages);
    await deployment.redis.del(deployment.keys().chat(app.token, 1), deployment.keys().app(app.token));
    expect(await expectPages()).to.deep.equal(pages);
  });

  it('has the newest 50 for a limit nobody named, none in an empty chat, and no other chat’s', async () => {
    await client.post(`${app.path}/chats`, { key: app.key });
    const empty = await client.get(`${app.path}/chats/2/messages`, { key: app.key });
    expect(empty.body).to.deep.equal({ data: [], next: null });
    expect((await page('')).numbers).to.have.length(50);
  });

  it('refuses both directions at once, and what is no number', async () => {
    const both = await client.get(`${path}?after=1&before=5`, { key: app.key });
    expect(both.status).to.equal(400);
    expect(both.body.errors[0].path).to.equal('/query/before');
    for (const query of [
      'limit=0',
      'limit=201',
      'after=-1',
      'before=0',
      'after=1.5',
      'after=1e2',
      'after=',
      'after=x',
      'after=01',
      'after=1&after=2',
      'cursor=abc',
      'offset=3',
      'after=9007199254740993',
    ])
      expect((await client.get(`${path}?${query}`, { key: app.key })).status, query).to.equal(400);
  });

  it('is not there for a chat that is not there', async () => {
    for (const number of ['3', '0', 'x', '2147483647'])
      expect((await client.get(`${app.path}/chats/${number}/messages`, { key: app.key })).status).to.equal(
        404,
      );
  });
});
