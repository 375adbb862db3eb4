import { expect } from 'chai';
import { type Client, createClient } from '../helpers/client.ts';
import { Deployment, OPERATOR } from '../helpers/deployment.ts';
import { Processes, type TestProcess } from '../helpers/processes.ts';
import { mintToken } from '../helpers/tokens.ts';
import { waitUntil } from '../helpers/wait-until.ts';

const WORDS = 'the-words-of-a-message';
const IDEMPOTENCY = 'an-idempotency-key-that-nobody-may-see';
const REQUEST_ID = 'request-17.of-the-log-test';

describe('the logs at LOG_LEVEL=debug', () => {
  let deployment: Deployment;
  let processes: Processes;
  let api: TestProcess;
  let worker: TestProcess;
  let client: Client;
  const secrets: string[] = [WORDS, IDEMPOTENCY, OPERATOR];

  before(async () => {
    deployment = await Deployment.create({ LOG_LEVEL: 'debug' });
    processes = new Processes(deployment);
    const debug = { LOG_LEVEL: 'debug' };
    worker = await processes.worker('workers/main.ts', debug);
    const started = await processes.api('src/server.ts', debug);
    api = started.process;
    client = await createClient(started.origin);
    await makeTraffic();
  });
  after(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  /** Good calls, refused ones, and ones that Postgres will not take. */
  async function makeTraffic(): Promise<void> {
    const headers = { 'idempotency-key': IDEMPOTENCY, 'x-request-id': REQUEST_ID };
    const created = await client.post('/applications', { body: { name: 'Shop' }, headers });
    const { token, access_token: key } = created.body;
    const path = `/applications/${token}`;
    const agent = mintToken(deployment, { role: 'agent', app: token });
    secrets.push(key, agent, key.split('.')[2], deployment.env.JWT_SECRET!);
    const body = { body: WORDS };
    await client.post(`${path}/chats`, { key, headers });
    await client.post(`${path}/chats/1/messages`, {
      key,
      body,
      headers: { 'idempotency-key': `${IDEMPOTENCY} 2` },
    });
    await client.post(`${path}/chats/1/messages`, { key: agent, body });
    await client.patch(`${path}/chats/1/messages/1`, { key, body: { body: `${WORDS} edited` } });
    await client.get(`${path}/messages/search?q=${WORDS}`, { key });
    const second = (await client.post(`${path}/keys`, { key, body: {} })).body;
    secrets.push(second.access_token);
    await client.delete(`${path}/keys/${second.key_id}`, { key });
    for (const bad of [
      client.post(`${path}/chats/1/messages`, { key, body: { ...body, unknown: WORDS } }),
      client.post(`${path}/chats/1/messages`, { key, raw: `{"body":"${WORDS}",` }),
      client.post(`${path}/chats/9/messages`, { key, body }),
      client.post(`${path}/chats/1/messages`, { key: `${key}x`, body }),
      client.get(`${path}?${WORDS}=1`, { key }),
      client.get(`/${WORDS}`, { key }),
    ])
      expect((await bad).status).to.be.within(400, 404);
    await deployment.settled();
    // A row that Postgres refuses is reported, and still keeps its words to itself.
    await deployment.knex.raw(
      `ALTER TABLE messages ADD CONSTRAINT no_poison CHECK (body NOT LIKE '%poison%')`,
    );
    await client.post(`${path}/chats/1/messages`, { key, body: { body: `poison ${WORDS}` } });
    await deployment.settled();
    await waitUntil('the dead letter', async () => (await deployment.knex('dead_letters')).length === 1);
    await client.get(`${path}/chats/1`, { key, headers: { 'x-request-id': 'the-last-one' } });
    await waitUntil('the last line', () => api.said.some(({ request_id }) => request_id === 'the-last-one'));
  }

  it('hold no token, no key, no words of a message', () => {
    for (const [name, { said }] of Object.entries({ api, worker })) {
      const log = JSON.stringify(said);
      expect(said.length, name).to.be.greaterThan(3);
      for (const secret of secrets)
        expect(log.includes(secret), `${name}: ${secret.slice(0, 20)}…`).to.equal(false);
    }
  });

  it('are JSON, line for line', () => {
    for (const { said } of [api, worker])
      for (const line of said) expect(line).to.include.keys('level', 'time', 'name');
  });

  it('have a line for each answer with its request id, route, status and time', () => {
    const lines = api.said.filter(({ request_id }) => request_id === REQUEST_ID);
    expect(lines.map(({ method, route, status }) => [method, route, status])).to.deep.include.members([
      ['POST', '/applications', 201],
      ['POST', '/applications/:token/chats', 201],
    ]);
    for (const { ms } of lines) expect(ms).to.be.a('number');
    const statuses = new Set(api.said.map(({ status }) => status));
    for (const status of [200, 201, 204, 400, 401, 404]) expect([...statuses]).to.include(status);
  });
});
