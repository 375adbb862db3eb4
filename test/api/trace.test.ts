import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';

describe('a message’s trace', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let path: string;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    path = `${app.path}/chats/1/messages`;
  });
  after(() => deployment.stop());

  it('tells when it was accepted and persisted, to operators too, without its words', async () => {
    const sent = (await client.post(path, { key: app.key, body: { body: 'secret words' } })).body;
    await deployment.settled();
    const trace = await client.get(`${path}/1/trace`, { key: app.key });
    expect(trace.status).to.equal(200);
    expect(trace.body).to.include({ number: 1, state: 'persisted' });
    const [accepted, persisted] = trace.body.steps;
    expect(accepted).to.deep.equal({ name: 'accepted', at: sent.created_at });
    expect(persisted.name).to.equal('persisted');
    expect(Date.parse(persisted.at)).to.be.at.least(Date.parse(sent.created_at));
    const seen = await client.get(`${path}/1/trace`, { key: OPERATOR });
    expect(seen.body).to.deep.equal(trace.body);
    expect(JSON.stringify(seen.body)).not.to.contain('secret');
  });

  it('says failed for a message that Postgres refused', async () => {
    const { number } = (await client.post(path, { key: app.key, body: { body: 'fine' } })).body;
    await deployment.settled();
    await deployment.knex('messages').where({ number }).update({ void: true, body: null });
    await deployment.redis.del(deployment.keys().tail(app.token, 1));
    const { body } = await client.get(`${path}/${number}/trace`, { key: app.key });
    expect(body.state).to.equal('failed');
    expect(body.steps.map(({ name }: { name: string }) => name)).to.deep.equal(['accepted', 'failed']);
  });

  it('is 404 for what is not there', async () => {
    for (const place of [`${path}/99/trace`, `${app.path}/chats/9/messages/1/trace`])
      for (const key of [app.key, OPERATOR])
        expect((await client.get(place, { key })).status, place).to.equal(404);
    for (const first of ['00', 'ee']) {
      const nowhere = `/applications/${first}000000-0000-4000-8000-000000000000/chats/1/messages/1/trace`;
      expect((await client.get(nowhere, { key: OPERATOR })).status).to.equal(404);
    }
  });
});
