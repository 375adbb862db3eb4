import { expect } from 'chai';
import type { Answer, Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';

describe('while no worker runs', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    const worker = await deployment.worker();
    ({ client } = await deployment.api());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'persisted' } });
    await deployment.settled();
    await worker.stop();
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'waiting' } });
  });
  after(() => deployment.stop());

  const timed = async (call: Promise<Answer>) => {
    const start = performance.now();
    return { answer: await call, ms: performance.now() - start };
  };

  it('creates go on, and a warm chat’s messages can be read', async () => {
    const { key, path } = app;
    const created = await client.post(`${path}/chats/1/messages`, { key, body: { body: 'another' } });
    expect(created.status).to.equal(201);
    expect((await client.post(`${path}/chats`, { key })).status).to.equal(201);
    const listed = await client.get(`${path}/chats/1/messages`, { key });
    expect(listed.body.data.map(({ body }: { body: string }) => body)).to.deep.equal([
      'persisted',
      'waiting',
      'another',
    ]);
    const { number } = created.body;
    expect((await client.get(`${path}/chats/1/messages/${number}`, { key })).body).to.deep.equal(
      created.body,
    );
    const trace = await client.get(`${path}/chats/1/messages/${number}/trace`, { key });
    expect(trace.body).to.deep.equal({
      number,
      state: 'accepted',
      steps: [{ name: 'accepted', at: created.body.created_at }],
    });
  });

  it('what must be in Postgres first is refused in time rather than shown without the latest', async () => {
    const { key, path } = app;
    const calls: [string, string, unknown?, string?][] = [
      ['GET', path],
      ['GET', `${path}/chats`],
      ['GET', `${path}/chats?sort=activity`],
      ['GET', `${path}/chats/1`],
      ['PATCH', path, { name: 'New' }],
      ['PATCH', `${path}/chats/1`, { subject: 'New' }],
      ['PATCH', `${path}/chats/1/messages/2`, { body: 'new' }],
      ['DELETE', `${path}/chats/1/messages/2`],
      ['PUT', `${path}/chats/1/read`, { number: 2 }],
      ['GET', `${path}/keys`],
      ['POST', `${path}/keys`, {}],
      ['GET', '/me/unread'],
      ['GET', '/applications', undefined, OPERATOR],
    ];
    await Promise.all(
      calls.map(async ([method, place, body, bearer = key]) => {
        const { answer, ms } = await timed(client.call(method, place, { key: bearer, body }));
        expect(answer.status, `${method} ${place}`).to.equal(503);
        expect(answer.body.code).to.equal('unavailable');
        expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
        expect(ms, `${method} ${place}`).to.be.lessThan(2500);
      }),
    );
  });

  it('a worker brings everything in, and the lists hold it all', async () => {
    await deployment.worker();
    await deployment.settled();
    const { key, path } = app;
    const [{ count }] = (await deployment
      .knex('chats')
      .where({ app_token: app.token })
      .count({ count: '*' })) as [{ count: string }];
    const listed = await client.get(`${path}/chats`, { key });
    expect(listed.status).to.equal(200);
    expect(listed.body.data).to.have.length(Number(count));
    expect((await client.get(`${path}`, { key })).body.name).to.equal('Test');
    expect((await client.get(`${path}/chats/1/messages/2`, { key })).body.body).to.equal('waiting');
  });
});
