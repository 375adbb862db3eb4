import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { startRedis } from '../../scripts/embedded/redis.ts';
import type { Store } from '../../scripts/embedded/store-process.ts';
import { type Api, Deployment, type TestApplication } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('a Redis that forgets', () => {
  let dir: string;
  let store: Store;
  let redis: Redis;
  let deployment: Deployment;
  let api: Api;
  let worker: { stop(): Promise<void> };
  let application: TestApplication;
  let history: History;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anteroom-test-'));
    store = await startRedis({ dir, appendonly: false });
    redis = new Redis(store.url);
  });
  beforeEach(async () => {
    deployment = await Deployment.create({ REDIS_URL: store.url });
    worker = await deployment.worker();
    api = await deployment.api();
    application = await deployment.application(api.client);
    await api.client.post(`${application.path}/chats`, { key: application.key });
    history = new History(application);
    for (let i = 0; i < 20; i++) await history.send(api.origin);
    await deployment.settled();
  });
  afterEach(() => deployment.stop());
  after(async () => {
    redis.disconnect();
    await store.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const epoch = async () => (await deployment.knex('outbox_offsets').first()).epoch;
  const nextNumber = () =>
    waitUntil('the shard open again', async () => {
      const outcome = await history.send(api.origin);
      return outcome.is === 'ok' ? outcome.number : null;
    });

  it('everything (FLUSHALL) is refused with 503 until a worker opens a new epoch; numbers go on', async () => {
    const before = await epoch();
    await worker.stop();
    await redis.flushall();
    for (let i = 0; i < 10; i++)
      expect(await history.send(api.origin)).to.deep.equal({ is: 'unknown', why: '503' });
    const chat = await api.client.post(`${application.path}/chats`, { key: application.key });
    expect(chat.status).to.equal(503);
    const created = await api.client.post('/applications', { body: { name: 'Nobody' } });
    expect(created.status).to.equal(503);
    await deployment.worker();
    expect(await nextNumber()).to.equal(21);
    expect(await epoch()).to.be.above(before);
    const second = await api.client.post(`${application.path}/chats`, { key: application.key });
    expect(second.body.number).to.equal(2);
    await deployment.settled();
    expect(await history.check(deployment)).to.have.length(21);
  });

  it('everything, while clients go on sending, never gives a number twice that Postgres has', async () => {
    const fiber = async () => {
      for (let i = 0; i < 60; i++) await history.send(api.origin);
    };
    const load = Promise.all(Array.from({ length: 4 }, fiber));
    await waitUntil('rows under load', async () => (await deployment.knex('messages')).length > 30);
    await redis.flushall();
    await load;
    const last = await nextNumber();
    await deployment.settled();
    const rows = await deployment.knex('messages').orderBy('number').select('number', 'body', 'void');
    // Acknowledged, not applied, forgotten: the next milestone. But what stands, stands once and without a hole.
    expect(rows.map(({ number }) => number)).to.deep.equal(rows.map((_, i) => i + 1));
    expect(rows.length).to.equal(last);
    expect(new Set(rows.map(({ body }) => body)).size).to.equal(rows.length);
    expect(await deployment.knex('dead_letters')).to.deep.equal([]);
  });

  it('its scripts (SCRIPT FLUSH) is refused with 503, then goes on in the same epoch', async () => {
    const before = await epoch();
    await worker.stop();
    await redis.script('FLUSH');
    for (let i = 0; i < 5; i++)
      expect(await history.send(api.origin)).to.deep.equal({ is: 'unknown', why: '503' });
    await deployment.worker();
    expect(await nextNumber()).to.equal(21);
    expect(await epoch()).to.equal(before);
    await deployment.settled();
    await history.check(deployment);
  });

  it('an answer that was kept (FLUSHALL) still gives it to the same Idempotency-Key', async () => {
    const request = { key: 'a key that is used twice', body: 'said once' };
    expect(await history.send(api.origin, request)).to.deep.equal({ is: 'ok', number: 21 });
    await deployment.settled();
    await redis.flushall();
    expect(await nextNumber()).to.equal(22);
    expect(await history.send(api.origin, request)).to.deep.equal({ is: 'ok', number: 21 });
    await deployment.settled();
    await history.check(deployment);
  });
});
