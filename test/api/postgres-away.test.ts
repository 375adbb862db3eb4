import { expect } from 'chai';
import type { Answer, Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';
import { type PrivateStores, privateStores } from '../helpers/private-stores.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('while Postgres is away', () => {
  let stores: PrivateStores;
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    stores = await privateStores();
    deployment = await Deployment.create(stores.settings);
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'before' } });
    await deployment.settled();
  });
  after(async () => {
    thawAll();
    await deployment.stop();
    await stores.stop();
  });

  async function timed(call: () => Promise<Answer>): Promise<Answer & { ms: number }> {
    const start = performance.now();
    const answer = await call();
    return { ...answer, ms: performance.now() - start };
  }

  /** What cannot be answered without Postgres. */
  const needy = (): [string, string, unknown?, string?][] => [
    ['GET', app.path],
    ['PATCH', app.path, { name: 'New' }],
    ['GET', `${app.path}/chats`],
    ['GET', `${app.path}/chats/1`],
    ['PATCH', `${app.path}/chats/1`, { subject: 'New' }],
    ['PATCH', `${app.path}/chats/1/messages/1`, { body: 'edited' }],
    ['DELETE', `${app.path}/chats/1/messages/1`],
    ['GET', `${app.path}/messages/search?q=before`],
    ['PUT', `${app.path}/chats/1/read`, { number: 1 }],
    ['GET', `${app.path}/keys`],
    ['POST', `${app.path}/keys`, {}],
    ['GET', '/me/unread'],
    ['GET', '/applications', undefined, OPERATOR],
    ['GET', '/health'],
    ['GET', '/readyz'],
  ];

  async function expectRefusals(withinMs: number): Promise<void> {
    await Promise.all(
      needy().map(async ([method, path, body, key = app.key]) => {
        const {
          status,
          body: problem,
          headers,
          ms,
        } = await timed(() => client.call(method, path, { key, body }));
        expect(status, `${method} ${path}`).to.equal(503);
        expect(problem.code).to.equal('unavailable');
        expect(Number(headers.get('retry-after'))).to.be.at.least(1);
        expect(ms, `${method} ${path}`).to.be.lessThan(withinMs);
      }),
    );
  }

  let sent = 1;
  async function expectCreates(): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const body = { body: `number ${++sent}` };
      const message = await timed(() => client.post(`${app.path}/chats/1/messages`, { key: app.key, body }));
      expect(message.status).to.equal(201);
      expect(message.body.number).to.equal(sent);
      expect(message.ms).to.be.lessThan(1000);
    }
    expect((await client.post(`${app.path}/chats`, { key: app.key })).status).to.equal(201);
  }

  async function expectAllPersisted(): Promise<void> {
    await waitUntil(
      'reads answer again',
      async () => (await client.get(app.path, { key: app.key })).status === 200,
      20_000,
    );
    await deployment.settled();
    const rows = await deployment.knex('messages').orderBy('number').select('number', 'body');
    expect(rows.map(({ number }) => number)).to.deep.equal(Array.from({ length: sent }, (_, i) => i + 1));
    expect(rows.at(-1).body).to.equal(`number ${sent}`);
    for (const path of ['/health', '/readyz'])
      await waitUntil(`${path} is well again`, async () => (await client.get(path)).status === 200);
  }

  let frozen: number[] = [];
  /** Postgres answers by one process for each connection; the server goes first, so that no more of them come. */
  async function freezeAll(): Promise<void> {
    const backends = async (): Promise<number[]> => {
      const { rows } = await deployment.knex.raw(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' ORDER BY pid",
      );
      return rows.map(({ pid }: { pid: number }) => pid);
    };
    let seen = await backends();
    frozen = [stores.postgres.pid];
    process.kill(stores.postgres.pid, 'SIGSTOP');
    await waitUntil('no connection is being made', async () => {
      const before = seen;
      seen = await backends();
      return seen.join() === before.join();
    });
    frozen.push(...seen);
    for (const pid of seen) process.kill(pid, 'SIGSTOP');
  }
  function thawAll(): void {
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
    frozen = [];
  }

  it('(stopped) warm chats take messages, what needs it is refused in time', async () => {
    await stores.postgres.stop();
    await expectCreates();
    await expectRefusals(2500);
    const ready = await client.get('/readyz');
    expect(ready.body.checks).to.include({ redis: 'ok' });
    expect(ready.body.checks.postgres).not.to.equal('ok');
    expect((await client.get('/healthz')).status).to.equal(200);
    // Recent messages come from Redis; another application can be made, and filled.
    const listed = await client.get(`${app.path}/chats/1/messages`, { key: app.key });
    expect(listed.body.data.at(-1).body).to.equal(`number ${sent}`);
    const fresh = await deployment.application(client);
    expect((await client.post(`${fresh.path}/chats`, { key: fresh.key })).body.number).to.equal(1);
    const first = await client.post(`${fresh.path}/chats/1/messages`, {
      key: fresh.key,
      body: { body: 'Hi' },
    });
    expect(first.status).to.equal(201);
    await client.delete(fresh.path, { key: fresh.key });
  });

  it('(stopped) everything is persisted once it is back, with no restart', async () => {
    await stores.postgres.startAgain();
    await deployment.knex('messages').where({ body: 'Hi' }).count();
    await waitUntil(
      'the other application’s rows',
      async () => (await deployment.knex('messages').where({ body: 'Hi' })).length === 1,
      20_000,
    );
    await deployment.knex('messages').where({ body: 'Hi' }).delete();
    await expectAllPersisted();
  });

  it('(frozen) warm chats take messages, what needs it is refused in time', async () => {
    await freezeAll();
    await expectCreates();
    // The server's own limit is 2.4 s.
    await expectRefusals(3000);
  });

  it('(frozen) everything is persisted once it goes on', async () => {
    thawAll();
    await expectAllPersisted();
  });
});
