import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('a full outbox', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create({ OUTBOX_MAX: '20' });
  });
  after(() => deployment.stop());

  it('refuses writes with Retry-After, takes no number for them, and opens again by itself', async () => {
    const worker = await deployment.worker();
    const { client } = await deployment.api();
    const { path, key } = await deployment.application(client);
    const other = await deployment.application(client);
    for (const app of [{ path, key }, other]) await client.post(`${app.path}/chats`, { key: app.key });
    await deployment.settled();
    await worker.stop();

    const sendTo = (app: { path: string; key: string }, headers = {}) =>
      client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'Hi' }, headers });
    const send = (headers = {}) => sendTo({ path, key }, headers);
    const first = await send({ 'idempotency-key': 'first' });
    const answers = [first];
    for (let i = 0; i < 12; i++) answers.push(await send());
    const taken = answers.filter(({ status }) => status === 201);
    expect(taken).to.have.length(10);
    // Alone it may fill half; the other half is the others'.
    for (const { status, body, headers } of answers.slice(taken.length)) {
      expect(status).to.equal(429);
      expect(body.code).to.equal('rate_limited');
      expect(Number(headers.get('retry-after'))).to.be.at.least(1);
    }
    for (let i = 0; i < 10; i++) expect((await sendTo(other)).status).to.equal(201);
    for (const { status, body, headers } of [await send(), await sendTo(other)]) {
      expect(status).to.equal(503);
      expect(body.code).to.equal('unavailable');
      expect(Number(headers.get('retry-after'))).to.be.at.least(1);
    }
    for (const [method, place, body] of [
      ['POST', '/applications', { name: 'More' }],
      ['POST', `${path}/chats`, {}],
      ['DELETE', path, undefined],
    ] as const)
      expect((await client.call(method, place, { key, body })).status, `${method} ${place}`).to.equal(503);
    // What was answered before is still answered so, and reads go on.
    expect((await send({ 'idempotency-key': 'first' })).body).to.deep.equal(first.body);
    expect((await client.get(`${path}/chats/1/messages`, { key })).body.data).to.have.length(taken.length);

    await deployment.worker();
    const next = await waitUntil('writes are taken again', async () => {
      const answer = await send();
      return answer.status === 201 ? answer : undefined;
    });
    expect(next.body.number).to.equal(taken.length + 1);
    await deployment.settled();
    expect(await deployment.knex('messages')).to.have.length(next.body.number + 10);
  });
});
