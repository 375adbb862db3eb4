import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Answer, Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

interface Call {
  path: string;
  key?: string;
  body: Record<string, unknown>;
  /** The same path and another body. */
  other: Record<string, unknown>;
  table: string;
}

describe('Idempotency-Key', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create({ SHARDS: '2', IDEMPOTENCY_WINDOW: '1h' });
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
  });
  after(() => deployment.stop());

  const post = ({ path, key, body }: Pick<Call, 'path' | 'key' | 'body'>, name: string) =>
    client.post(path, { ...(key ? { key } : {}), body, headers: { 'idempotency-key': name } });

  const isReplay = ({ headers }: Answer) => headers.get('idempotent-replayed') === 'true';

  async function rowsOf(table: string): Promise<number> {
    await deployment.settled();
    const [row] = await deployment.knex(table).count({ count: '*' });
    return Number(row!.count);
  }

  const calls: Record<string, () => Call> = {
    'an application, without a bearer': () => ({
      ...{ path: '/applications', body: { name: 'Shop' }, other: { name: 'Other' }, table: 'applications' },
    }),
    'an application, by an operator': () => ({
      ...{ path: '/applications', key: OPERATOR, body: { name: 'Shop' }, other: { name: 'Other' } },
      table: 'applications',
    }),
    'a chat': () => ({
      ...{ path: `${app.path}/chats`, key: app.key, body: { subject: 'Hi', metadata: { a: 1, b: 2 } } },
      ...{ other: { subject: 'Ho' }, table: 'chats' },
    }),
    'a message': () => ({
      ...{ path: `${app.path}/chats/1/messages`, key: app.key, body: { body: 'Hi' } },
      ...{ other: { body: 'Ho' }, table: 'messages' },
    }),
    'a key': () => ({
      ...{ path: `${app.path}/keys`, key: app.key, body: { name: 'second' }, other: {}, table: 'api_keys' },
    }),
  };

  for (const [what, callOf] of Object.entries(calls)) {
    describe(`on creating ${what}`, () => {
      it('gives a repeat the same answer and no second effect', async () => {
        const call = callOf();
        const name = randomUUID();
        const first = await post(call, name);
        expect(first.status).to.equal(201);
        expect(isReplay(first)).to.equal(false);
        const rows = await rowsOf(call.table);
        for (let i = 0; i < 3; i++) {
          const again = await post(call, name);
          expect(again.status).to.equal(201);
          expect(again.body).to.deep.equal(first.body);
          expect(again.headers.get('location')).to.equal(first.headers.get('location'));
          expect(isReplay(again)).to.equal(true);
        }
        expect(await rowsOf(call.table)).to.equal(rows);
      });

      it('gives 50 parallel calls one effect and 50 equal bodies', async () => {
        const call = callOf();
        const name = randomUUID();
        const rows = await rowsOf(call.table);
        const answers = await Promise.all(Array.from({ length: 50 }, () => post(call, name)));
        for (const { status, body } of answers) {
          expect(status).to.equal(201);
          expect(body).to.deep.equal(answers[0]!.body);
        }
        expect(answers.filter((answer) => !isReplay(answer))).to.have.length(1);
        expect(await rowsOf(call.table)).to.equal(rows + 1);
      });

      it('refuses another body with 422, and keeps the first answer', async () => {
        const call = callOf();
        const name = randomUUID();
        const first = await post(call, name);
        const rows = await rowsOf(call.table);
        const refused = await post({ ...call, body: call.other }, name);
        expect(refused.status).to.equal(422);
        expect(refused.body.code).to.equal('idempotency_mismatch');
        expect((await post(call, name)).body).to.deep.equal(first.body);
        expect(await rowsOf(call.table)).to.equal(rows);
      });

      it('takes the same JSON in another order as the same request', async () => {
        const call = callOf();
        const name = randomUUID();
        const first = await post(call, name);
        const body = Object.fromEntries(Object.entries(call.body).reverse());
        const again = await post({ ...call, body, path: `${call.path}/` }, name);
        expect(again.body).to.deep.equal(first.body);
        expect(isReplay(again)).to.equal(true);
      });

      it('without one, makes two', async () => {
        const call = callOf();
        const rows = await rowsOf(call.table);
        const send = () =>
          client.post(call.path, { ...(call.key ? { key: call.key } : {}), body: call.body });
        const [one, two] = [await send(), await send()];
        expect(one.body).not.to.deep.equal(two.body);
        expect(await rowsOf(call.table)).to.equal(rows + 2);
      });
    });
  }

  it('is each principal’s own', async () => {
    const name = randomUUID();
    const other = await deployment.application(client);
    await client.post(`${other.path}/chats`, { key: other.key });
    const agent = mintToken(deployment, { role: 'agent', app: app.token });
    const answers = [];
    for (const [path, key] of [
      [app.path, app.key],
      [app.path, agent],
      [other.path, other.key],
    ])
      answers.push(await post({ path: `${path}/chats`, key: key!, body: { subject: key!.slice(-5) } }, name));
    for (const answer of answers) {
      expect(answer.status).to.equal(201);
      expect(isReplay(answer)).to.equal(false);
    }
    const seen = answers.map(({ body }) => `${body.app_token} ${body.number}`);
    expect(new Set(seen).size).to.equal(3);
  });

  it('is the application’s, whichever of its keys asks: a retry may come after a rotation', async () => {
    const second = (await client.post(`${app.path}/keys`, { key: app.key })).body.access_token;
    const name = randomUUID();
    const ask = (key: string) => post({ path: `${app.path}/chats`, key, body: { subject: 'once' } }, name);
    const first = await ask(app.key);
    const again = await ask(second);
    expect(isReplay(again)).to.equal(true);
    expect(again.body).to.deep.equal(first.body);
  });

  it('belongs to one path, whichever of them came first', async () => {
    const message = { path: `${app.path}/chats/1/messages`, key: app.key, body: { body: 'Hi' } };
    const chat = { path: `${app.path}/chats`, key: app.key, body: {} };
    const key = { path: `${app.path}/keys`, key: app.key, body: {} };
    await client.post(chat.path, { key: app.key });
    const secondChat = { ...message, path: `${app.path}/chats/2/messages` };
    for (const [first, second] of [
      [message, secondChat],
      [message, chat],
      [chat, message],
      [message, key],
      [key, message],
    ] as const) {
      const name = randomUUID();
      expect((await post(first, name)).status).to.equal(201);
      const refused = await post(second, name);
      expect(refused.status, `${first.path}, then ${second.path}`).to.equal(422);
    }
  });

  it('of a refused request is free again', async () => {
    const name = randomUUID();
    const missing = await deployment.application(client);
    const call = { path: `${missing.path}/chats/1/messages`, key: missing.key, body: { body: 'Hi' } };
    expect((await post(call, name)).status).to.equal(404);
    expect((await post({ ...call, body: { body: '' } }, name)).status).to.equal(400);
    await client.post(`${missing.path}/chats`, { key: missing.key });
    const done = await post(call, name);
    expect(done.status).to.equal(201);
    expect(isReplay(done)).to.equal(false);
    expect((await post(call, name)).body).to.deep.equal(done.body);
  });

  it('keeps the answer as it was, whatever became of the thing', async () => {
    const name = randomUUID();
    const call = { path: `${app.path}/chats/1/messages`, key: app.key, body: { body: 'as sent' } };
    const first = await post(call, name);
    await client.patch(`${call.path}/${first.body.number}`, { key: app.key, body: { body: 'edited' } });
    expect((await post(call, name)).body).to.deep.equal(first.body);
    const found = await client.get(`${call.path}/${first.body.number}`, { key: app.key });
    expect(found.body.body).to.equal('edited');
  });

  it('has 1 to 255 printable characters, and 16 or more without a bearer', async () => {
    const call = { path: `${app.path}/chats`, key: app.key, body: {} };
    for (const good of ['x', 'a key with spaces', `~${'x'.repeat(254)}`, '"quoted", \'and\' %00'])
      expect((await post(call, good)).status, good).to.equal(201);
    for (const bad of ['x'.repeat(256), 'ä', 'a\tb']) {
      const refused = await post(call, bad);
      expect(refused.status, bad).to.equal(400);
      expect(refused.body.errors[0].path).to.equal('/header/Idempotency-Key');
    }
    const open = { path: '/applications', body: { name: 'Shop' } };
    expect((await post(open, 'only-15-letters')).status).to.equal(400);
    expect((await post(open, `16 letters ${randomUUID()}`)).status).to.equal(201);
  });

  it('is kept without secrets', async () => {
    const made = [
      await post(calls['an application, without a bearer']!(), randomUUID()),
      await post(calls['a key']!(), randomUUID()),
    ];
    await deployment.settled();
    const kept = JSON.stringify(await deployment.knex('idempotency_keys').select('answer'));
    for (const { body } of made) {
      expect(kept).not.to.contain(body.access_token);
      expect(kept).not.to.contain(body.access_token.split('.')[2]);
    }
    for (const name of await deployment.redis.keys(`${deployment.env.REDIS_PREFIX}:*idem:*`))
      expect(await deployment.redis.get(name)).not.to.contain('.');
  });

  describe('after Redis has lost its memory', () => {
    /** Forgets the answers, and makes the epoch young, as it is after every loss. */
    async function forget(): Promise<void> {
      await deployment.settled();
      for (const shard of [0, 1]) {
        const keys = deployment.keys(shard);
        const kept = await deployment.redis.keys(keys.idempotency('*'));
        if (kept.length > 0) await deployment.redis.del(kept);
        await deployment.redis.hset(keys.gauge, 'since', String(Date.now()));
      }
    }

    for (const [what, callOf] of Object.entries(calls)) {
      it(`holds for ${what}`, async () => {
        const call = callOf();
        const name = randomUUID();
        const first = await post(call, name);
        const rows = await rowsOf(call.table);
        await forget();
        const again = await post(call, name);
        expect(again.body).to.deep.equal(first.body);
        expect(isReplay(again)).to.equal(true);
        await forget();
        expect((await post({ ...call, body: call.other }, name)).status).to.equal(422);
        const parallel = await Promise.all(Array.from({ length: 10 }, () => post(call, name)));
        for (const { body } of parallel) expect(body).to.deep.equal(first.body);
        expect(await rowsOf(call.table)).to.equal(rows);
        expect((await post(call, randomUUID())).status, 'a new key in a young epoch').to.equal(201);
      });
    }
  });
});
