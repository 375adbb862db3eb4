import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';

describe('changing an application', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  beforeEach(async () => {
    app = await deployment.application(client, 'Shop');
  });
  after(() => deployment.stop());

  const patch = (body: unknown) => client.patch(app.path, { key: app.key, body });

  it('changes the name and leaves the settings', async () => {
    await patch({ settings: { greeting: 'Moin' } });
    const { status, body } = await patch({ name: 'Café' });
    expect(status).to.equal(200);
    expect(body).to.deep.include({ name: 'Café', settings: { greeting: 'Moin' } });
    expect(Date.parse(body.updated_at)).to.be.greaterThan(Date.parse(body.created_at));
    expect((await client.get(app.path, { key: app.key })).body).to.deep.equal(body);
  });

  it('changes a setting and leaves the name and the settings not named', async () => {
    // A setting of a later release lies in the row already.
    await deployment.settled();
    await deployment.knex('applications').where({ token: app.token }).update({ settings: '{"later": 1}' });
    const { body } = await patch({ settings: { greeting: 'Moin' } });
    expect(body).to.deep.include({ name: 'Shop' });
    expect(body.settings.greeting).to.equal('Moin');
    const row = await deployment.knex('applications').where({ token: app.token }).first('settings');
    expect(row.settings).to.deep.equal({ later: 1, greeting: 'Moin' });
  });

  it('refuses unknown settings, fields that are not its to change, and nothing at all', async () => {
    const before = (await client.get(app.path, { key: app.key })).body;
    for (const body of [
      { settings: { greting: 'typo' } },
      { settings: { greeting: 7 } },
      { settings: { greeting: '' } },
      { settings: null },
      { name: '' },
      { chats_count: 3 },
      { token: 'lobby' },
      { name: 'fine', deleted_at: null },
      {},
    ]) {
      const refused = await patch(body);
      expect(refused.status, JSON.stringify(body)).to.equal(400);
      expect(refused.body.errors[0].path).to.match(/^\/body/);
    }
    expect((await client.get(app.path, { key: app.key })).body).to.deep.equal(before);
  });
});
