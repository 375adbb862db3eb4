import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('a message’s author', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let path: string;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key, body: { open: true } });
    path = `${app.path}/chats/1/messages`;
  });
  after(() => deployment.stop());

  const send = (fields: object, key = app.key) => client.post(path, { key, body: { body: 'Hi', ...fields } });

  /** As answered, as read from Redis, and as read from its row. */
  async function expectAuthor(fields: object, key: string, expected: object): Promise<void> {
    const { status, body } = await send(fields, key);
    expect(status, JSON.stringify(fields)).to.equal(201);
    expect(body).to.deep.include(expected);
    const place = `${path}/${body.number}`;
    expect((await client.get(place, { key: app.key })).body).to.deep.equal(body);
    await deployment.settled();
    await deployment.redis.del(deployment.keys().tail(app.token, 1));
    expect((await client.get(place, { key: app.key })).body).to.deep.equal(body);
  }

  it('is a customer unless the key says otherwise', () =>
    expectAuthor({}, app.key, { author_type: 'customer', author: null }));

  it('may be any type when a key says so', async () => {
    for (const author_type of ['customer', 'service_agent', 'ai', 'system'])
      await expectAuthor({ author_type }, app.key, { author_type });
    expect((await send({ author_type: 'admin' })).status).to.equal(400);
  });

  it('is named freely by a key, up to 200 characters', async () => {
    const author = { id: 'crm:17/ä', name: ' Zoë 🧀 ' };
    await expectAuthor({ author }, app.key, { author });
    await expectAuthor({ author: { name: 'Zoë' } }, app.key, { author: { id: null, name: 'Zoë' } });
    await expectAuthor({ author: { id: '🧀'.repeat(200) } }, app.key, {
      author: { id: '🧀'.repeat(200), name: null },
    });
    for (const refused of [{ id: 'x'.repeat(201) }, { name: '' }, { id: 7 }, { role: 'admin' }, 7, ['x']])
      expect((await send({ author: refused })).status, JSON.stringify(refused)).to.equal(400);
  });

  it('is the caller for everybody else', async () => {
    for (const [role, author_type] of [
      ['customer', 'customer'],
      ['agent', 'service_agent'],
      ['admin', 'service_agent'],
    ] as const) {
      const key = mintToken(deployment, { role, app: app.token, sub: `${role}-1` });
      await expectAuthor({}, key, { author_type, author: { id: `${role}-1`, name: null } });
      await expectAuthor({ author_type }, key, { author_type });
      for (const other of ['customer', 'service_agent', 'ai', 'system'].filter(
        (type) => type !== author_type,
      ))
        expect((await send({ author_type: other }, key)).status, `${role} as ${other}`).to.equal(403);
      expect((await send({ author: { id: 'somebody' } }, key)).status).to.equal(403);
    }
  });
});
