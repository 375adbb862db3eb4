import { expect } from 'chai';
import { type Api, Deployment, OPERATOR } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('the JSON of the operators’ console', () => {
  let deployment: Deployment;
  let api: Api;
  before(async () => {
    deployment = await Deployment.create();
    api = await deployment.start();
  });
  after(() => deployment.stop());

  const get = async (path: string) => (await api.client.get(`/ops/api/${path}`, { key: OPERATOR })).body;
  const post = (path: string) => api.client.post(`/ops/api/${path}`, { key: OPERATOR });

  it('shows throughput, backlog, lag, queues, processes and stores', async () => {
    await get('overview');
    const { key, path } = await deployment.application(api.client);
    await api.client.post(`${path}/chats`, { key });
    for (const body of ['one', 'two'])
      await api.client.post(`${path}/chats/1/messages`, { key, body: { body } });
    await deployment.settled();
    const overview = await waitUntil('a second look', async () => {
      const found = await get('overview');
      return found.totals.persisted === 4 && found.totals.persisted_per_second !== null ? found : null;
    });
    expect(overview.totals).to.include({ accepted: 4, persisted: 4 });
    expect(overview.shards).to.deep.equal([{ shard: 0, epoch: 1, waiting: 0, oldest_seconds: 0 }]);
    expect(overview.lag.p50_ms).to.be.greaterThan(0);
    expect(overview.queues.map(({ name }: { name: string }) => name)).to.deep.equal(['persist', 'tasks']);
    expect(overview.processes.map(({ role }: { role: string }) => role).sort()).to.deep.equal([
      'api',
      'worker',
    ]);
    expect(overview.stores).to.deep.equal({ postgres: 'ok', redis: 'ok', migrations: 'ok', epoch: 'ok' });
  });

  it('runs a task now, and shows when it ran and will run', async () => {
    expect((await post('tasks/audit/run')).status).to.equal(202);
    const audit = await waitUntil('the audit', async () => {
      const { data } = await get('tasks');
      const task = data.find(({ name }: { name: string }) => name === 'audit');
      return task.last_outcome === 'done' ? task : null;
    });
    expect(Date.parse(audit.next_at)).to.be.greaterThan(Date.now());
    const { audits } = await get('consistency');
    expect(audits.map(({ kind }: { kind: string }) => kind)).to.deep.equal(['applications', 'chats']);
    for (const { last_round_drift } of audits) expect(last_round_drift).to.equal(0);
  });

  it('finds rows that do not agree with their numbers', async () => {
    const { key, path, token } = await deployment.application(api.client);
    await api.client.post(`${path}/chats`, { key });
    for (const body of ['one', 'two', 'three'])
      await api.client.post(`${path}/chats/1/messages`, { key, body: { body } });
    await deployment.settled();
    const chat = await deployment.knex('chats').where({ app_token: token }).first();
    await deployment.knex('messages').where({ chat_id: chat.id, number: 2 }).delete();
    await post('tasks/audit/run');
    await waitUntil('the drift', async () => {
      const { audits } = await get('consistency');
      return audits.some(({ kind, last_round_drift }: { kind: string; last_round_drift: number }) => {
        return kind === 'chats' && last_round_drift === 1;
      });
    });
  });

  it('pauses a queue and lets it go on', async () => {
    expect((await post('queues/tasks/pause')).body).to.deep.equal({ name: 'tasks', paused: true });
    const paused = (await get('overview')).queues.find(({ name }: { name: string }) => name === 'tasks');
    expect(paused.paused).to.equal(true);
    expect((await post('queues/tasks/resume')).body).to.deep.equal({ name: 'tasks', paused: false });
  });

  it('replays a dead letter into its void row, without ever showing its content', async () => {
    await deployment.knex.raw(`ALTER TABLE messages ADD CONSTRAINT no_plums CHECK (body NOT LIKE '%plum%')`);
    const { key, path } = await deployment.application(api.client);
    await api.client.post(`${path}/chats`, { key });
    await api.client.post(`${path}/chats/1/messages`, { key, body: { body: 'a plum' } });
    await deployment.settled();
    const { data } = await get('dead-letters');
    expect(data).to.have.length(1);
    expect(JSON.stringify(data)).not.to.include('plum');
    expect((await post(`dead-letters/${data[0].id}/replay`)).status).to.equal(409);
    await deployment.knex.raw('ALTER TABLE messages DROP CONSTRAINT no_plums');
    expect((await post(`dead-letters/${data[0].id}/replay`)).status).to.equal(200);
    expect((await api.client.get(`${path}/chats/1/messages/1`, { key })).body.body).to.equal('a plum');
    expect((await get('dead-letters')).data).to.deep.equal([]);
    expect((await post(`dead-letters/${data[0].id}/replay`)).status).to.equal(409);
  });
});
