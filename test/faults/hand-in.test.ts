import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startRedis } from '../../scripts/embedded/redis.ts';
import { type Api, Deployment } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('a Redis that forgets what it has acknowledged', () => {
  let dir: string;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let deployment: Deployment;
  let api: Api;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'anteroom-hand-in-'));
    redis = await startRedis({ dir, appendonly: false, password: false });
    deployment = await Deployment.create({ REDIS_URL: redis.url });
  });
  afterEach(async () => {
    await deployment.stop();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const opened = () =>
    waitUntil('open again', async () => {
      await deployment
        .knex('recoveries')
        .where('epoch', '>', 1)
        .first()
        .then((row) => expect(row).to.be.an('object'));
      return (await api.client.get('/readyz')).status === 200;
    });

  it('gets it back from the API process: every number once, none twice, bodies and all', async () => {
    const worker = await deployment.worker();
    api = await deployment.api();
    const { key, path } = await deployment.application(api.client);
    await api.client.post(`${path}/chats`, { key });
    await deployment.settled();
    // Nobody persists, so what Redis forgets now only the API process has.
    await worker.stop();
    const send = (body: string) =>
      api.client.post(`${path}/chats/1/messages`, {
        key,
        body: { body },
        headers: { 'idempotency-key': body },
      });
    const sent = await Promise.all(Array.from({ length: 50 }, (_, i) => send(`kept ${i}`)));
    expect(sent.every(({ status }) => status === 201)).to.equal(true);
    await deployment.redis.flushall();

    await deployment.worker();
    await opened();
    const next = await waitUntil('a write', async () => {
      const answer = await send('after');
      return answer.status === 201 ? answer.body : null;
    });
    expect(next.number).to.equal(51);
    const again = await send('kept 7');
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    await deployment.settled();
    const rows = await deployment.knex('messages').orderBy('number').select('number', 'body', 'void');
    expect(rows.map(({ number }) => number)).to.deep.equal(Array.from({ length: 51 }, (_, i) => i + 1));
    const bodies = new Map(sent.map(({ body }) => [body.number, body.body]));
    for (const row of rows.slice(0, 50))
      expect(row).to.include({ body: bodies.get(row.number), void: false });
    const [recovery] = await deployment.knex('recoveries').where('epoch', '>', 1);
    expect(recovery).to.include({ handed_in: 50, lost: 0, voids: 0 });
  });

  it('makes void rows of the numbers that a dead process had, behind which others went on', async () => {
    const worker = await deployment.worker();
    api = await deployment.api();
    const other = await deployment.api();
    const { key, path } = await deployment.application(api.client);
    await api.client.post(`${path}/chats`, { key });
    await deployment.settled();
    await worker.stop();
    const send = ({ client }: Api, body: string) =>
      client.post(`${path}/chats/1/messages`, { key, body: { body } });
    for (const body of ['one', 'two']) await send(api, body);
    for (const body of ['three', 'four', 'five']) await send(other, body);
    await send(api, 'six');
    await other.stop();
    await deployment.redis.flushall();

    await deployment.worker();
    await opened();
    const rows = await deployment.knex('messages').orderBy('number').select('number', 'body', 'void');
    expect(rows).to.deep.equal(
      ['one', 'two', null, null, null, 'six'].map((body, i) => ({
        number: i + 1,
        body,
        void: body === null,
      })),
    );
    const [recovery] = await deployment.knex('recoveries').where('epoch', '>', 1);
    expect(recovery).to.include({ handed_in: 3, lost: 3, voids: 3 });
  });
});
