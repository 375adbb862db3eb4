import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

describe('creating an application', () => {
  let deployment: Deployment;
  let client: Client;
  before(async () => {
    deployment = await Deployment.create({ SHARDS: '3' });
    ({ client } = await deployment.start());
  });
  after(() => deployment.stop());

  it('needs nobody’s leave, and answers with a working key', async () => {
    const created = await client.post('/applications', { body: { name: ' Käse 🧀 ' } });
    expect(created.status).to.equal(201);
    expect(created.body).to.have.all.keys(
      ...['token', 'name', 'chats_count', 'created_at', 'updated_at', 'access_token', 'key_id'],
    );
    expect(created.body).to.include({ name: ' Käse 🧀 ', chats_count: 0 });
    expect(created.headers.get('location')).to.equal(`/applications/${created.body.token}`);

    const key = created.body.access_token;
    const found = await client.get(`/applications/${created.body.token}`, { key });
    expect(found.status).to.equal(200);
    expect(found.body).to.deep.equal({
      token: created.body.token,
      name: ' Käse 🧀 ',
      chats_count: 0,
      settings: { greeting: 'Hello, how may I help you?' },
      created_at: created.body.created_at,
      updated_at: created.body.updated_at,
    });
  });

  it('spreads the tokens over the shards by their first byte', async () => {
    const tokens: string[] = [];
    for (let i = 0; i < 40; i++) tokens.push((await deployment.application(client)).token);
    expect(new Set(tokens).size).to.equal(40);
    const shards = new Set(tokens.map((token) => Number.parseInt(token.slice(0, 2), 16)));
    expect([...shards].sort()).to.deep.equal([0, 1, 2]);
    await deployment.settled();
    const rows = await deployment.knex('applications').whereIn('token', tokens);
    expect(rows).to.have.length(40);
  });

  it('shows the key nowhere else', async () => {
    const { token, key, path } = await deployment.application(client);
    for (const answer of [await client.get(path, { key }), await client.get(`${path}/keys`, { key })])
      expect(JSON.stringify(answer.body)).not.to.contain(key);
    await deployment.settled();
    const { rows } = await deployment.knex.raw(
      'SELECT to_jsonb(k)::text AS row FROM api_keys k WHERE app_token = ?',
      [token],
    );
    expect(rows).to.have.length(1);
    expect(rows[0].row).not.to.contain(key.split('.')[2]);
  });

  it('asks for an operator when OPEN_SIGNUP is false', async () => {
    const { client: shut } = await deployment.api({ OPEN_SIGNUP: 'false' });
    const { key, token } = await deployment.application(client);
    const body = { name: 'Shop' };
    expect((await shut.post('/applications', { body })).status).to.equal(401);
    expect((await shut.post('/applications', { body, key })).status).to.equal(403);
    const admin = mintToken(deployment, { role: 'admin', app: token });
    expect((await shut.post('/applications', { body, key: admin })).status).to.equal(403);
    expect((await shut.post('/applications', { body, key: OPERATOR })).status).to.equal(201);
  });

  it('refuses a name that is missing, blank, too long or no text', async () => {
    for (const body of [
      {},
      { name: ' ' },
      { name: '' },
      { name: 'x'.repeat(201) },
      { name: 7 },
      { name: null },
    ])
      expect((await client.post('/applications', { body })).body.code).to.equal('validation_failed');
    expect((await client.post('/applications', { body: { name: '🧀'.repeat(200) } })).status).to.equal(201);
  });
});
