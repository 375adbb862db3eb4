import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR } from '../helpers/deployment.ts';
import { type Operation, operationsOf, type Place, sampleCall } from '../helpers/operations.ts';
import { mintToken } from '../helpers/tokens.ts';

/**
 * Who calls. Customers come as the one the chat belongs to, as one who calls for a stranger's chat, and as one who
 * calls for an open chat with a stranger's message.
 */
const columns = [
  'key',
  'admin',
  'agent',
  'owner',
  'stranger',
  'guest',
  'visitor',
  'operator',
  'nobody',
] as const;
type Column = (typeof columns)[number];

const chatOf: Record<Column, number> = {
  key: 2,
  admin: 2,
  agent: 2,
  owner: 1,
  stranger: 2,
  guest: 3,
  visitor: 2,
  operator: 2,
  nobody: 2,
};

const anyone = (status: number) => columns.map(() => status);
const members = (status: number) => [status, status, status, status, status, status, 403, 403, 401];
const inChat = (status: number) => [status, status, status, status, 404, status, 403, 403, 401];
const staffOrAuthor = [200, 200, 200, 200, 404, 403, 403, 403, 401];
const operators = (status: number) => [403, 403, 403, 403, 403, 403, 403, status, 401];
const managers = (status: number, operator = 403) => [status, status, 403, 403, 403, 403, 403, operator, 401];

/** What each route answers to each caller, in the order of the columns. A new route needs a line here. */
const expected: Record<string, number[]> = {
  'POST /applications': anyone(201),
  'GET /applications': [403, 403, 403, 403, 403, 403, 403, 200, 401],
  'GET /applications/{token}': managers(200, 200),
  'PATCH /applications/{token}': managers(200),
  'DELETE /applications/{token}': [202, 403, 403, 403, 403, 403, 403, 202, 401],
  'GET /applications/{token}/keys': managers(200),
  'POST /applications/{token}/keys': managers(201, 201),
  'DELETE /applications/{token}/keys/{key_id}': managers(204),
  'POST /applications/{token}/chats': members(201),
  'GET /applications/{token}/chats': members(200),
  'GET /applications/{token}/chats/{number}': inChat(200),
  // Who may use an open chat does not thereby own it.
  'PATCH /applications/{token}/chats/{number}': staffOrAuthor,
  'PUT /applications/{token}/chats/{number}/read': inChat(200),
  'GET /me/unread': members(200),
  'POST /applications/{token}/chats/{number}/messages': inChat(201),
  'GET /applications/{token}/chats/{number}/messages': inChat(200),
  'GET /applications/{token}/chats/{number}/messages/search': inChat(200),
  'GET /applications/{token}/messages/search': members(200),
  'GET /applications/{token}/chats/{number}/messages/{n}': inChat(200),
  'PATCH /applications/{token}/chats/{number}/messages/{n}': staffOrAuthor,
  'DELETE /applications/{token}/chats/{number}/messages/{n}': staffOrAuthor,
  'GET /applications/{token}/chats/{number}/messages/{n}/trace': [
    200, 200, 200, 200, 404, 200, 403, 200, 401,
  ],
  'GET /ops/api/overview': operators(200),
  'GET /ops/api/jobs': operators(200),
  'POST /ops/api/jobs/{id}/retry': operators(404),
  'GET /ops/api/dead-letters': operators(200),
  'POST /ops/api/dead-letters/{id}/replay': operators(404),
  'GET /ops/api/tasks': operators(200),
  'POST /ops/api/tasks/{name}/run': operators(404),
  'GET /ops/api/consistency': operators(200),
  'POST /ops/api/queues/{name}/pause': operators(404),
  'POST /ops/api/queues/{name}/resume': operators(404),
  'GET /healthz': anyone(200),
  'GET /readyz': anyone(200),
  'GET /health': anyone(200),
  'GET /metrics': anyone(200),
  'GET /openapi.json': anyone(200),
};

/** Every secret word of a tenant holds this, so that it is noticed wherever it turns up. */
const MARK = 'tenant-secret';

interface Tenant {
  token: string;
  keyId: string;
  bearers: Record<Column, string | undefined>;
}

describe('permissions', () => {
  let deployment: Deployment;
  let client: Client;
  let operations: Operation[];
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    operations = await operationsOf(client.origin);
  });
  after(() => deployment.stop());

  /** Chat 1 is the owner's, chat 2 nobody's, chat 3 open; each holds a message, with a name of the tenant's own. */
  async function tenant(): Promise<Tenant> {
    const { token, key, path } = await deployment.application(client, MARK);
    const as = (role: 'admin' | 'agent' | 'customer' | 'visitor', sub: string) =>
      mintToken(deployment, { role, app: token, sub });
    const owner = as('customer', 'owner');
    const subject = MARK;
    await client.post(`${path}/chats`, { key: owner, body: { subject } });
    await client.post(`${path}/chats`, { key, body: { subject, metadata: { MARK } } });
    await client.post(`${path}/chats`, { key, body: { subject, open: true } });
    for (const number of [1, 2, 3]) {
      const sent = { key: number === 1 ? owner : key, body: { body: `word of ${MARK}` } };
      await client.post(`${path}/chats/${number}/messages`, sent);
    }
    const { body } = await client.post(`${path}/keys`, { key, body: { name: MARK } });
    const bearers = {
      ...{ key, owner, admin: as('admin', 'boss'), agent: as('agent', 'helper') },
      ...{ stranger: as('customer', 'stranger'), guest: as('customer', 'guest') },
      ...{ visitor: as('visitor', 'visitor'), operator: OPERATOR, nobody: undefined },
    };
    return { token, keyId: body.key_id, bearers };
  }

  const call = (operation: Operation, place: Place, bearer: string | undefined) => {
    const { path, options } = sampleCall(operation, place);
    return client.call(operation.method, path, { ...options, ...(bearer ? { key: bearer } : {}) });
  };

  it('are stated here for every route there is', () => {
    expect(operations.map(({ name }) => name)).to.have.members(Object.keys(expected));
  });

  for (const [name, statuses] of Object.entries(expected)) {
    it(`of ${name}`, async () => {
      const operation = operations.find((one) => one.name === name)!;
      const changes = operation.method !== 'GET';
      let target = await tenant();
      for (const [i, column] of columns.entries()) {
        if (changes && i > 0) target = await tenant();
        const place = { token: target.token, key_id: target.keyId, number: chatOf[column], n: 1 };
        const answer = await call(operation, place, target.bearers[column]);
        expect(answer.status, `${column}: ${JSON.stringify(answer.body)}`).to.equal(statuses[i]);
        if (column === 'operator') expect(JSON.stringify(answer.body)).not.to.contain(`word of ${MARK}`);
        if (answer.status >= 400) expect(JSON.stringify(answer.body)).not.to.contain(MARK);
      }
    });
  }

  async function rowsOf(token: string): Promise<string> {
    await deployment.settled();
    const { knex } = deployment;
    const chats = knex('chats').where({ app_token: token });
    return JSON.stringify([
      await knex('applications')
        .where({ token })
        .select('name', 'settings', 'last_chat_number', 'updated_at', 'deleted_at'),
      await knex('api_keys').where({ app_token: token }).orderBy('id'),
      await chats
        .clone()
        .select('number', 'subject', 'metadata', 'labels', 'last_message_number', 'updated_at')
        .orderBy('number'),
      await knex('messages')
        .whereIn('chat_id', chats.clone().select('id'))
        .orderBy('id')
        .select('id', 'body', 'updated_at'),
      await knex('read_positions').whereIn('chat_id', chats.clone().select('id')),
    ]);
  }

  it('end at the application: another tenant’s callers see and change nothing, in any role', async () => {
    const [mine, theirs] = [await tenant(), await tenant()];
    const before = await rowsOf(mine.token);
    const place = { token: mine.token, key_id: mine.keyId, n: 1 };
    const foreign = operations.filter(({ path }) => path.includes('{token}'));
    expect(foreign.length).to.be.greaterThan(15);
    for (const operation of foreign) {
      for (const column of ['key', 'admin', 'agent', 'owner', 'guest', 'visitor'] as const) {
        for (const number of [1, 2, 3]) {
          const answer = await call(operation, { ...place, number }, theirs.bearers[column]);
          expect(answer.status, `${column}: ${operation.name}`).to.equal(404);
          expect(JSON.stringify(answer.body)).not.to.contain(MARK);
        }
      }
    }
    expect(await rowsOf(mine.token)).to.equal(before);
  });

  it('end at the application also for ids that are only named in a path of one’s own', async () => {
    const [mine, theirs] = [await tenant(), await tenant()];
    const before = await rowsOf(mine.token);
    const deleted = await client.delete(`/applications/${theirs.token}/keys/${mine.keyId}`, {
      key: theirs.bearers.key!,
    });
    expect(deleted.status).to.equal(404);
    // A customer of the same id in two applications is two people.
    const unread = await client.get('/me/unread', { key: theirs.bearers.owner! });
    expect(unread.body.data.map(({ chat_number }: { chat_number: number }) => chat_number)).to.deep.equal([
      3, 1,
    ]);
    expect(await rowsOf(mine.token)).to.equal(before);
  });

  it('refuse a token without an end unless it is a key, and one signed by somebody else', async () => {
    const { token, bearers } = await tenant();
    const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${bearers.key!.split('.')[1]}.`;
    for (const bad of [none, `${bearers.key!}x`, bearers.key!.slice(0, -4), 'x', `${OPERATOR}x`])
      expect((await client.get(`/applications/${token}/chats`, { key: bad })).status, bad).to.equal(401);
  });
});
