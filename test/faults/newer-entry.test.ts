import { expect } from 'chai';
import { nextId } from '../../src/outbox/entry-id.ts';
import { Core } from '../helpers/core.ts';

const newerEntries: Record<string, string[]> = {
  version: ['v', '2', 'k', 'message', 'shape', 'nobody knows'],
  kind: ['v', '1', 'k', 'hologram', 'a', 'token', 'c', '0', 'd', '{"number":1}', 'y', '100'],
};

for (const [what, fields] of Object.entries(newerEntries))
  describe(`an entry of a newer release, by its ${what}`, () => {
    let core: Core;
    before(async () => {
      core = await Core.create();
    });
    after(() => core.stop());

    it('is waited for, visibly; what stands before it is applied, nothing behind it is', async () => {
      const token = await core.application();
      await core.chat(token);
      await core.message(token, 1, 'before');
      const [[last]] = (await core.redis.xrevrange(core.keys().outbox, '+', '-', 'COUNT', 1)) as [
        [string, string[]],
      ];
      const newer = nextId(last, 1);
      await core.redis.xadd(core.keys().outbox, newer, ...fields);
      await core.message(token, 1, 'behind');

      for (let i = 0; i < 2; i++) await core.drain();
      expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['before']);
      expect((await core.knex('outbox_offsets').first()).last_id).to.equal(last);
      expect(await core.knex('dead_letters')).to.deep.equal([]);
      const said = core.logged.find(({ msg }) => msg === 'blocked: newer entry');
      expect(said?.reason).to.contain(newer);
    });

    it('keeps the shard closed when Redis begins a new life, so that it is applied by those who can', async () => {
      await core.redis.set(core.keys().epoch, 'fence:test');
      const before = await core.knex('outbox_offsets').first();
      const error = await core.open().then(
        () => null,
        (failure: Error) => failure,
      );
      expect(error?.name).to.equal('NewerEntryError');
      expect(await core.knex('outbox_offsets').first()).to.include({
        epoch: before.epoch,
        last_id: before.last_id,
      });
    });
  });
