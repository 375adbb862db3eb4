import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR } from '../helpers/deployment.ts';

describe('the list of applications', () => {
  let deployment: Deployment;
  let client: Client;
  before(async () => {
    deployment = await Deployment.create({ SHARDS: '2' });
    ({ client } = await deployment.start());
  });
  after(() => deployment.stop());

  it('is for operators, newest first, each application once over the pages', async () => {
    const tokens: string[] = [];
    for (let i = 0; i < 7; i++) tokens.push((await deployment.application(client, `Shop ${i}`)).token);
    const seen: string[] = [];
    let path = '/applications?limit=3';
    for (let pages = 1; ; pages++) {
      const { status, body } = await client.get(path, { key: OPERATOR });
      expect(status).to.equal(200);
      seen.push(...body.data.map(({ token }: { token: string }) => token));
      if (body.next === null) {
        expect(pages).to.equal(3);
        break;
      }
      expect(body.data).to.have.length(3);
      path = `/applications?limit=3&cursor=${body.next}`;
    }
    expect(seen).to.have.members([...tokens, 'lobby']);
    expect(seen.at(-1)).to.equal('lobby');
  });

  it('shows each as its own route does, and never a key', async () => {
    const { token, key, path } = await deployment.application(client);
    await deployment.settled();
    const { body } = await client.get('/applications?limit=200', { key: OPERATOR });
    const listed = body.data.find((item: { token: string }) => item.token === token);
    expect(listed).to.deep.equal((await client.get(path, { key })).body);
    expect(JSON.stringify(body)).not.to.contain('access_token');
  });

  it('leaves deleted ones out at once', async () => {
    const { token, key, path } = await deployment.application(client);
    expect((await client.delete(path, { key })).status).to.equal(202);
    const { body } = await client.get('/applications?limit=200', { key: OPERATOR });
    expect(body.data.map((item: { token: string }) => item.token)).not.to.include(token);
  });

  it('refuses everybody else', async () => {
    const { key } = await deployment.application(client);
    expect((await client.get('/applications', { key })).status).to.equal(403);
    expect((await client.get('/applications')).status).to.equal(401);
  });

  it('refuses limits and cursors that are none', async () => {
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'cursor=', 'cursor=abc', 'sort=name'])
      expect((await client.get(`/applications?${query}`, { key: OPERATOR })).status, query).to.equal(400);
  });
});
