import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, OPERATOR } from '../helpers/deployment.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('the routes for operations', () => {
  let deployment: Deployment;
  let client: Client;
  before(async () => {
    deployment = await Deployment.create({ SHARDS: '2' });
    ({ client } = await deployment.start());
  });
  after(() => deployment.stop());

  it('say that the process runs, that the database answers, and what else it needs', async () => {
    for (const path of ['/healthz', '/health']) {
      const { status, body } = await client.get(path);
      expect([status, body]).to.deep.equal([200, { status: 'ok' }]);
    }
    expect((await client.get('/readyz')).body).to.deep.equal({
      status: 'ok',
      checks: { postgres: 'ok', redis: 'ok', migrations: 'ok', epoch: 'ok' },
    });
  });

  it('notice a migration that has not run, and a shard that is not open', async () => {
    const name = '20261120090700_create_task_runs.ts';
    await deployment.knex('knex_migrations').where({ name }).update({ name: 'moved' });
    const behind = await client.get('/readyz');
    await deployment.knex('knex_migrations').where({ name: 'moved' }).update({ name });
    expect(behind.status).to.equal(503);
    expect(behind.body.checks).to.include({ postgres: 'ok', redis: 'ok' });
    expect(behind.body.checks.migrations).to.contain('1');

    const { epoch } = deployment.keys(1);
    const kept = await deployment.redis.get(epoch);
    await deployment.redis.set(epoch, 'fence:somebody');
    const closed = await client.get('/readyz');
    expect(closed.status).to.equal(503);
    expect(closed.body.checks.epoch).to.contain('1');
    await deployment.redis.set(epoch, kept!);
    await waitUntil('ready again', async () => (await client.get('/readyz')).status === 200);
  });

  it('give metrics to callers on this machine and to operators', async () => {
    const { key, path } = await deployment.application(client);
    await client.post(`${path}/chats`, { key });
    await deployment.settled();
    for (const options of [{}, { key: OPERATOR }]) {
      const { status, body, headers } = await client.get('/metrics', options);
      expect(status).to.equal(200);
      expect(headers.get('content-type')).to.match(/^text\/plain/);
      for (const name of [
        ...['anteroom_http_request_duration_seconds_bucket', 'anteroom_entries_accepted_total'],
        ...[
          'anteroom_outbox_entries',
          'anteroom_entries_persisted_total',
          'anteroom_shard_epoch',
          'bullmq_job_count',
        ],
      ])
        expect(body, name).to.match(new RegExp(`^${name}[{ ]`, 'm'));
      expect(body).to.contain('route="/applications/:token/chats"');
      expect(body).not.to.contain(path);
    }
  });

  it('count what was accepted and what was persisted', async () => {
    const read = async (name: string) => {
      const { body } = await client.get('/metrics');
      const lines = [...(body as string).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
      return lines.reduce((sum, [, value]) => sum + Number(value), 0);
    };
    const before = [
      await read('anteroom_entries_accepted_total'),
      await read('anteroom_entries_persisted_total'),
    ];
    const { key, path } = await deployment.application(client);
    for (let i = 0; i < 3; i++) await client.post(`${path}/chats`, { key });
    await deployment.settled();
    expect(await read('anteroom_entries_accepted_total')).to.equal(before[0]! + 4);
    expect(await read('anteroom_entries_persisted_total')).to.equal(before[1]! + 4);
    expect(await read('anteroom_outbox_entries')).to.equal(0);
  });

  it('keep metrics from a wrong bearer', async () => {
    expect((await client.get('/metrics', { key: 'wrong' })).status).to.equal(401);
  });

  it('show a valid document of every route, as a page too', async () => {
    const document = (await client.get('/openapi.json')).body;
    const result = await new Validator().validate(structuredClone(document));
    expect(result.valid, JSON.stringify(result.errors)).to.equal(true);
    expect(document.openapi).to.match(/^3\.1/);
    for (const path of [
      '/applications',
      '/me/unread',
      '/readyz',
      '/applications/{token}/chats/{number}/messages',
    ])
      expect(document.paths).to.have.property(path);
    const page = await client.get('/docs');
    expect(page.status).to.equal(200);
    expect(page.body).to.contain('swagger-ui');
    for (const [, asset] of (page.body as string).matchAll(/(?:src|href)="([^"]+)"/g)) {
      const response = await fetch(client.origin + asset);
      expect(response.status, asset).to.equal(200);
      await response.arrayBuffer();
    }
  });

  it('and nothing else is there', async () => {
    for (const path of [
      '/',
      '/api',
      '/v1/applications',
      '/admin',
      '/.env',
      '/docs/package.json',
      '/metrics/x',
      '/favicon.ico',
    ]) {
      const { status, body } = await client.get(path);
      expect(status, path).to.equal(404);
      expect(body.code).to.equal('not_found');
    }
    const wrong = await client.call('PUT', '/applications', { key: OPERATOR, body: {} });
    expect(wrong.status).to.equal(405);
    expect(wrong.headers.get('allow')).to.match(/GET.*POST/);
  });
});
