import { expect } from 'chai';
import { createApplied } from '../../src/outbox/offsets.ts';
import { Tail } from '../../src/reserve/tail.ts';
import { Core } from '../helpers/core.ts';
import { Deployment } from '../helpers/deployment.ts';

describe('a Redis under another epoch than Postgres’', () => {
  it('(an old master, whole in itself) knows nothing that counts', async () => {
    const core = await Core.create();
    try {
      const token = await core.application();
      await core.chat(token);
      await core.message(token, 1, 'hello');
      await core.drain();
      const keysOf = (shard: number) => core.keys(shard);
      const tail = new Tail(core.redis, core.offsets, keysOf);
      const applied = createApplied(core.offsets, core.redis, keysOf);
      expect(await tail.chatState(token, 1)).to.include({ last: 1 });
      expect((await tail.read(token, 1, [1])).size).to.equal(1);
      await applied(0);

      // The shard was opened on another Redis since.
      await core.knex('outbox_offsets').increment('epoch');
      await core.offsets.refresh();
      expect(await tail.appState(token)).to.equal('missing');
      expect(await tail.chatState(token, 1)).to.equal('missing');
      expect((await tail.read(token, 1, [1])).size).to.equal(0);
      expect(await applied(0).catch((error) => error)).to.include({ code: 'unavailable' });
    } finally {
      await core.stop();
    }
  });

  it('makes reads that need to know what was acknowledged answer 503', async () => {
    const deployment = await Deployment.create();
    try {
      const worker = await deployment.worker();
      const { client } = await deployment.api();
      const { key, path } = await deployment.application(client);
      await client.post(`${path}/chats`, { key });
      await client.post(`${path}/chats/1/messages`, { key, body: { body: 'hello' } });
      await deployment.settled();
      await worker.stop();
      for (const epoch of ['9', 'fence:test']) {
        await deployment.redis.set(deployment.keys().epoch, epoch);
        for (const place of ['', '/chats', '/chats/1', '/chats/1/messages', '/chats/1/messages/1']) {
          const { status, body } = await client.get(path + place, { key });
          expect([status, body.code], `${epoch} ${place}`).to.deep.equal([503, 'unavailable']);
        }
      }
      await deployment.redis.set(deployment.keys().epoch, '1');
      expect((await client.get(`${path}/chats/1`, { key })).status).to.equal(200);
    } finally {
      await deployment.stop();
    }
  });
});
