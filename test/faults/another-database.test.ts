import { expect } from 'chai';
import type { Pool } from 'pg';
import { Offsets } from '../../src/outbox/offsets.ts';
import { registerShards } from '../../src/outbox/shards.ts';
import { forWorkers } from '../../src/storage/postgres.ts';
import { forOneLife } from '../../src/storage/redis.ts';
import { Persister } from '../../workers/persist/persister.ts';
import { TrimLag } from '../../workers/persist/trim-lag.ts';
import { ShardWatch } from '../../workers/recovery/shard-watch.ts';
import { Core } from '../helpers/core.ts';
import { Deployment } from '../helpers/deployment.ts';

describe('a worker of another database, on the Redis and prefix of a deployment that lives', () => {
  let core: Core;
  let token: string;
  let stranger: Deployment;
  let pool: Pool;
  beforeEach(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token);
    stranger = await Deployment.create();
    await registerShards(stranger.knex, 1);
    pool = forWorkers(stranger.env.DATABASE_URL!, 2, () => {});
  });
  afterEach(async () => {
    await pool.end();
    await stranger.stop();
    await core.stop();
  });

  /** The stranger's first look at the shards. */
  async function look(): Promise<void> {
    const keysOf = (shard: number) => core.keys(shard);
    const { log } = core.opening;
    const offsets = new Offsets(stranger.knex, log);
    await offsets.refresh();
    const persister = new Persister({ pool, redis: core.redis, keysOf, trimLag: new TrimLag(), log });
    const connect = () => forOneLife(core.redisUrl);
    await new ShardWatch({ pool, persister, connect, keysOf, offsets, log }).look();
  }

  async function expectLeftAlone(): Promise<void> {
    const { epoch, home } = core.keys();
    const before = await core.redis.mget(epoch, home);
    const row = await stranger.knex('outbox_offsets').first();
    await look();
    expect(await core.redis.mget(epoch, home)).to.deep.equal(before);
    expect(await stranger.knex('outbox_offsets').first()).to.deep.equal(row);
    const said = core.logged.find(({ msg }) => msg === 'shards not open');
    expect(said?.reason).to.match(/shard 0 of another database/);
    expect(await core.message(token, 1, 'goes on')).to.equal(1);
    await core.drain();
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['goes on']);
    expect(await stranger.knex('applications').where({ token })).to.deep.equal([]);
  }

  it('leaves the shard alone and says so, when its database is fresh', expectLeftAlone);

  it('leaves it alone as well when its database has lived before, with another Redis', async () => {
    await stranger.knex('outbox_offsets').update({ epoch: 5, last_id: '5-10', run_id: 'another' });
    await expectLeftAlone();
  });

  it('opens the shard of its own database again, though Redis has a new epoch key', async () => {
    await core.redis.set(core.keys().epoch, 'fence:test');
    expect(await core.openShard()).to.equal(true);
  });

  it('applies nothing of its outbox, however well the ids would follow its own offset', async () => {
    await core.message(token, 1, 'not theirs');
    await stranger.knex('outbox_offsets').update({ epoch: 1, run_id: 'another' });
    const gauge = await core.redis.hgetall(core.keys().gauge);
    const keysOf = (shard: number) => core.keys(shard);
    const { log } = core.opening;
    const persister = new Persister({ pool, redis: core.redis, keysOf, trimLag: new TrimLag(), log });
    const refusal = await persister.drain(0, 'wait').catch((error: Error) => error);
    expect(refusal)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/another database/);
    expect(await stranger.knex('messages')).to.deep.equal([]);
    expect(await core.redis.hgetall(core.keys().gauge)).to.deep.equal(gauge);
    await core.drain();
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['not theirs']);
  });
});
