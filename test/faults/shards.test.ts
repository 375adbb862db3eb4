import { expect } from 'chai';
import { registerShards } from '../../src/outbox/shards.ts';
import { shardOf } from '../../src/storage/keys.ts';
import { Core, tokenOf } from '../helpers/core.ts';
import { Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { Processes } from '../helpers/processes.ts';

const SHARDS = 4;

describe('several shards', () => {
  let deployment: Deployment;
  let processes: Processes;
  before(async () => {
    deployment = await Deployment.create({ SHARDS: String(SHARDS) });
    processes = new Processes(deployment);
  });
  after(async () => {
    await processes.killAll();
    await deployment.stop();
  });

  it('share the applications, and each keeps its own outbox and offset', async () => {
    const { client, origin } = await deployment.start();
    const applications = await Promise.all(Array.from({ length: 40 }, () => deployment.application(client)));
    const shards = applications.map(({ token }) => shardOf(token));
    expect([...new Set(shards)].sort()).to.deep.equal([0, 1, 2, 3]);
    const histories = applications.slice(0, 12).map((application) => new History(application));
    await Promise.all(
      applications.map((application) => client.post(`${application.path}/chats`, { key: application.key })),
    );
    await Promise.all(histories.flatMap((history) => Array.from({ length: 20 }, () => history.send(origin))));
    await deployment.settled();
    for (const history of histories) expect(await history.check(deployment)).to.have.length(20);
    for (let shard = 0; shard < SHARDS; shard++) {
      const entries = await deployment.redis.xrange(deployment.keys(shard).outbox, '-', '+');
      const tokens = entries.map(([, fields]) => fields[fields.indexOf('a') + 1]!);
      expect(new Set(tokens.map(shardOf))).to.deep.equal(new Set([shard]));
      const row = await deployment.knex('outbox_offsets').where({ shard }).first();
      expect([row.last_id, row.applied_count]).to.deep.equal([entries.at(-1)![0], entries.length]);
    }
  });

  it('fewer than are registered are refused at the start', async () => {
    const api = processes.start('src/server.ts', { SHARDS: '3' });
    expect(await api.ended).to.equal(78);
    expect(api.said.map(({ msg }) => msg).join('\n')).to.match(/SHARDS is 3.*already has 4/);
    await registerShards(deployment.knex, 6);
    expect(await deployment.knex('outbox_offsets')).to.have.length(6);
  });

  it('do not wait for one that is stopped', async () => {
    const core = await Core.create({ shards: 2 });
    try {
      const tokens = [tokenOf(0), tokenOf(1)];
      for (const token of tokens) {
        await core.application(token);
        await core.chat(token);
        await core.message(token, 1, 'hello');
      }
      await core.redis.xdel(core.keys(0).outbox, '1-0');
      const ends = await Promise.allSettled([core.drain(0), core.drain(1)]);
      expect(ends.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled']);
      expect(await core.messages(tokens[0])).to.have.length(0);
      expect(await core.messages(tokens[1])).to.have.length(1);
    } finally {
      await core.stop();
    }
  });
});
