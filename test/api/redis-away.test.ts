import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';
import { type Operation, operationsOf, sampleCall } from '../helpers/operations.ts';
import { type PrivateStores, privateStores } from '../helpers/private-stores.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('while Redis is away', () => {
  let stores: PrivateStores;
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let routes: Operation[];
  let keyId: string;
  before(async () => {
    stores = await privateStores();
    deployment = await Deployment.create(stores.settings);
    deployment.redis.on('error', () => {});
    ({ client } = await deployment.start());
    routes = await operationsOf(client.origin);
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'before' } });
    keyId = (await client.post(`${app.path}/keys`, { key: app.key })).body.key_id;
    await deployment.settled();
  });
  after(async () => {
    stores.redis.thaw();
    await deployment.stop();
    await stores.stop();
  });

  const isData = ({ path }: Operation) => path.startsWith('/applications') || path.startsWith('/me/');

  async function expectRefusals(): Promise<void> {
    await Promise.all(
      routes.filter(isData).map(async (route) => {
        const { path, options } = sampleCall(route, { token: app.token, key_id: keyId, number: 1, n: 1 });
        const key = route.path === '/applications' ? OPERATOR : app.key;
        const start = performance.now();
        const { status, body, headers } = await client.call(route.method, path, { ...options, key });
        const ms = performance.now() - start;
        expect(status, route.name).to.equal(503);
        expect(body.code, route.name).to.equal('unavailable');
        expect(Number(headers.get('retry-after'))).to.be.at.least(1);
        expect(ms, route.name).to.be.lessThan(2500);
      }),
    );
    expect((await client.get('/healthz')).status).to.equal(200);
    expect((await client.get('/health')).status, '/health asks the database alone').to.equal(200);
    const ready = await client.get('/readyz');
    expect(ready.status).to.equal(503);
    expect(ready.body.checks).to.include({ postgres: 'ok' });
    expect(ready.body.checks.redis).not.to.equal('ok');
    expect((await client.get('/metrics')).status).to.equal(200);
  }

  async function expectService(): Promise<void> {
    await waitUntil(
      'messages are taken again',
      async () =>
        (await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'after' } }))
          .status === 201,
      20_000,
    );
    await deployment.settled();
    const listed = await client.get(`${app.path}/chats/1/messages`, { key: app.key });
    const numbers = listed.body.data.map(({ number }: { number: number }) => number);
    expect(numbers).to.deep.equal(Array.from({ length: numbers.length }, (_, i) => i + 1));
    const rows = await deployment.knex('messages').orderBy('number').select('number');
    expect(rows.map(({ number }) => number)).to.deep.equal(numbers);
    expect(numbers.length).to.be.at.least(2);
    await waitUntil('ready again', async () => (await client.get('/readyz')).status === 200);
    // Not one of the refused calls had an effect.
    const found = (await client.get(`${app.path}/chats/1`, { key: app.key })).body;
    expect(found).to.include({ subject: null });
    expect((await client.get(app.path, { key: app.key })).body.name).to.equal('Test');
    expect((await client.get(`${app.path}/chats/1/messages/1`, { key: app.key })).body.body).to.equal(
      'before',
    );
  }

  it('(stopped) every data route answers 503 within 2.5 s', async () => {
    await stores.redis.stop();
    await expectRefusals();
  });

  it('(stopped) everything goes on by itself when it is back', async () => {
    await stores.redis.startAgain();
    await expectService();
  });

  it('(frozen) every data route answers 503 within 2.5 s', async () => {
    stores.redis.freeze();
    await expectRefusals();
  });

  it('(frozen) everything goes on by itself when it goes on', async () => {
    stores.redis.thaw();
    await expectService();
  });
});
