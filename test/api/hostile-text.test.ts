import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { footprintOf } from '../helpers/footprint.ts';
import { injections, takes } from '../helpers/hostile-values.ts';
import { keyFor, operationsOf, sampleCall } from '../helpers/operations.ts';

describe('text that looks like code', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'Hi' } });
  });
  after(() => deployment.stop());

  it('is stored and given back as it is, in every text field of every route', async () => {
    const tables = Object.keys(await footprintOf(deployment)).filter((name) => !name.includes(':'));
    let sent = 0;
    for (const route of await operationsOf(client.origin)) {
      for (const [name, schema] of Object.entries(route.body?.properties ?? {})) {
        if (!takes(schema, 'string') || schema.enum) continue;
        for (const text of injections) {
          const { path, options } = sampleCall(route, { token: app.token, number: 1, n: 1 });
          const body = { ...(options.body as object), [name]: text };
          const key = keyFor(route.path, app.key);
          const answer = await client.call(route.method, path, { key, body });
          expect(answer.status, `${route.name} ${name}=${text}`).to.be.oneOf([200, 201]);
          if (name !== 'author') expect(answer.body[name]).to.equal(text);
          sent++;
        }
      }
    }
    expect(sent).to.be.at.least(6 * injections.length);
    await deployment.settled();
    expect(Object.keys(await footprintOf(deployment))).to.include.members(tables);
    const [row] = await deployment.knex('dead_letters').count({ count: '*' });
    expect(Number(row!.count)).to.equal(0);
  });

  it('in metadata and names of authors too', async () => {
    const metadata = Object.fromEntries(injections.map((text) => [text, [text, { [text]: text }]]));
    const created = await client.post(`${app.path}/chats`, { key: app.key, body: { metadata } });
    expect(created.body.metadata).to.deep.equal(metadata);
    const chat = `${app.path}/chats/${created.body.number}`;
    expect((await client.get(chat, { key: app.key })).body.metadata).to.deep.equal(metadata);
    for (const text of injections) {
      const author = { id: text, name: text };
      const message = await client.post(`${chat}/messages`, { key: app.key, body: { body: 'Hi', author } });
      expect(message.body.author).to.deep.equal(author);
    }
    await deployment.settled();
    await deployment.redis.del(deployment.keys().tail(app.token, created.body.number));
    const listed = (await client.get(`${chat}/messages`, { key: app.key })).body.data;
    expect(listed.map(({ author }: { author: { id: string } }) => author.id)).to.deep.equal(injections);
  });
});
