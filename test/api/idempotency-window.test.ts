import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('after IDEMPOTENCY_WINDOW', () => {
  let deployment: Deployment;
  let client: Client;
  before(async () => {
    deployment = await Deployment.create({ IDEMPOTENCY_WINDOW: '1s' });
    ({ client } = await deployment.start());
  });
  after(() => deployment.stop());

  /** Long enough for Redis and Postgres alike. */
  async function windowOver(): Promise<void> {
    await waitUntil('Redis forgot', async () => {
      return (await deployment.redis.keys(deployment.keys().idempotency('*'))).length === 0;
    });
    await waitUntil('Postgres forgot', async () => {
      const [row] = await deployment
        .knex('idempotency_keys')
        .whereRaw("created_at > now() - interval '1 second'")
        .count({ count: '*' });
      return Number(row!.count) === 0;
    });
  }

  it('the same key makes a new thing, and nothing comes to a stop', async () => {
    const { key, path } = await deployment.application(client);
    await client.post(`${path}/chats`, { key });
    const name = randomUUID();
    const calls = [
      { path: '/applications', options: { body: { name: 'Shop' } } },
      { path: `${path}/chats`, options: { key, body: {} } },
      { path: `${path}/chats/1/messages`, options: { key, body: { body: 'Hi' } } },
      { path: `${path}/keys`, options: { key, body: {} } },
    ];
    const post = (i: number) =>
      client.post(calls[i]!.path, { ...calls[i]!.options, headers: { 'idempotency-key': `${name} ${i}` } });
    const all = () => Promise.all(calls.map((_call, i) => post(i)));
    const first = await all();
    const chat = { key: first[0]!.body.access_token, path: `/applications/${first[0]!.body.token}/chats` };
    expect((await client.post(chat.path, { key: chat.key })).body.number).to.equal(1);
    await deployment.settled();
    await windowOver();
    const second = await all();
    for (const [i, { status, body, headers }] of second.entries()) {
      expect(status).to.equal(201);
      expect(headers.get('idempotent-replayed'), calls[i]!.path).to.equal(null);
      expect(body, calls[i]!.path).not.to.deep.equal(first[i]!.body);
    }
    // The first application goes on counting, and the shard goes on persisting.
    expect((await client.post(chat.path, { key: chat.key })).body.number).to.equal(2);
    await deployment.settled();
    const [row] = await deployment.knex('dead_letters').count({ count: '*' });
    expect(Number(row!.count)).to.equal(0);
    const again = await post(0);
    expect(again.body).to.deep.equal(second[0]!.body);
  });
});
