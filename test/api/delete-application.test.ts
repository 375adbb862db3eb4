import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { handlePurgeDeleted } from '../../workers/handlers/purge-deleted.ts';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';
import { operationsOf, sampleCall } from '../helpers/operations.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('deleting an application', () => {
  let deployment: Deployment;
  let client: Client;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  after(() => deployment.stop());

  async function filled(): Promise<TestApplication & { keyId: string }> {
    const app = await deployment.application(client);
    const { key, path } = app;
    await client.post(`${path}/chats`, { key });
    await client.post(`${path}/chats`, { key, body: { open: true } });
    await client.post(`${path}/chats/1/messages`, { key, body: { body: 'a word' } });
    const { body } = await client.post(`${path}/keys`, { key });
    return { ...app, keyId: body.key_id };
  }

  it('answers 202, and from then on every route answers 404', async () => {
    const app = await filled();
    await deployment.settled();
    const deleted = await client.delete(app.path, { key: app.key });
    expect(deleted.status).to.equal(202);
    expect(deleted.body.token).to.equal(app.token);
    const bearers = {
      key: app.key,
      admin: mintToken(deployment, { role: 'admin', app: app.token }),
      customer: mintToken(deployment, { role: 'customer', app: app.token }),
      operator: OPERATOR,
    };
    const place = { token: app.token, key_id: app.keyId, number: 1, n: 1 };
    const operations = (await operationsOf(client.origin)).filter(
      ({ path }) => path.includes('{token}') || path.startsWith('/me/'),
    );
    for (const [who, key] of Object.entries(bearers)) {
      for (const operation of operations) {
        const { path, options } = sampleCall(operation, place);
        const { status } = await client.call(operation.method, path, { ...options, key });
        const expected = who === 'key' ? [404] : [404, 403];
        // Of the key's own routes only the operator's list stays forbidden.
        expect(status, `${who}: ${operation.name}`).to.be.oneOf(expected);
      }
    }
  });

  it('holds while its entry and the writes before it still wait for a worker', async () => {
    const waiting = await Deployment.create();
    try {
      const worker = await waiting.worker();
      const { client: api } = await waiting.api();
      const { key, path } = await waiting.application(api);
      await api.post(`${path}/chats`, { key });
      await api.post(`${path}/chats/1/messages`, { key, body: { body: 'a word' } });
      await waiting.settled();
      await worker.stop();
      expect((await api.delete(path, { key })).status).to.equal(202);
      for (const place of ['/chats', '/chats/1/messages'])
        expect(
          (await api.post(path + place, { key, body: place === '/chats' ? {} : { body: 'x' } })).status,
        ).to.equal(404);
      expect((await api.get(`${path}/chats/1/messages`, { key })).status).to.equal(404);
      expect((await api.get(`${path}/messages/search?q=word`, { key })).status).to.equal(404);
      expect((await api.delete(path, { key })).status).to.equal(404);
    } finally {
      await waiting.stop();
    }
  });

  it('may be done by an operator, and not by anybody else', async () => {
    const { token, key, path } = await deployment.application(client);
    const other = await deployment.application(client);
    for (const role of ['admin', 'agent', 'customer', 'visitor'] as const)
      expect(
        (await client.delete(path, { key: mintToken(deployment, { role, app: token }) })).status,
      ).to.equal(403);
    expect((await client.delete(path, { key: other.key })).status).to.equal(404);
    expect((await client.get(path, { key })).status).to.equal(200);
    expect((await client.delete(path, { key: OPERATOR })).status).to.equal(202);
    expect((await client.get(path, { key })).status).to.equal(404);
  });

  it('removes every row of it later, and nobody else’s', async () => {
    const gone = await filled();
    const stays = await filled();
    await client.put(`${gone.path}/chats/1/read`, { key: gone.key, body: { number: 1 } });
    await client.delete(gone.path, { key: gone.key });
    await deployment.settled();
    const pool = new pg.Pool({ connectionString: deployment.env.DATABASE_URL! });
    const keysOf = (shard: number) => deployment.keys(shard);
    const deps = { pool, redis: deployment.redis, keysOf, isStopping: () => false };
    await handlePurgeDeleted(deps)({}, pino({ level: 'silent' }) as never);
    await pool.end();
    const left = async (token: string) => {
      const { rows } = await deployment.knex.raw(
        `SELECT (SELECT count(*) FROM applications WHERE token = :token)::int AS applications,
                (SELECT count(*) FROM api_keys WHERE app_token = :token)::int AS keys,
                (SELECT count(*) FROM chats WHERE app_token = :token)::int AS chats`,
        { token },
      );
      return rows[0];
    };
    expect(await left(gone.token)).to.deep.equal({ applications: 0, keys: 0, chats: 0 });
    expect(await left(stays.token)).to.deep.equal({ applications: 1, keys: 2, chats: 2 });
    const orphans = await deployment
      .knex('messages')
      .whereNotIn('chat_id', deployment.knex('chats').select('id'))
      .count({ count: '*' });
    expect(Number(orphans[0]!.count)).to.equal(0);
    // Nothing of it comes back, with or without Redis' memory.
    expect((await client.get(gone.path, { key: OPERATOR })).status).to.equal(404);
    await deployment.redis.del(deployment.keys().app(gone.token));
    expect((await client.post(`${gone.path}/chats`, { key: gone.key })).status).to.equal(404);
  });

  it('is refused for the built-in application', async () => {
    const refused = await client.delete('/applications/lobby', { key: OPERATOR });
    expect(refused.status).to.equal(409);
    expect(refused.body.code).to.equal('conflict');
    expect((await client.get('/applications/lobby', { key: OPERATOR })).status).to.equal(200);
  });
});
