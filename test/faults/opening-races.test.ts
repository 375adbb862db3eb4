import { expect } from 'chai';
import type { OpenShardDeps } from '../../workers/recovery/raise-epoch.ts';
import { Core } from '../helpers/core.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('two workers that open a shard at the same time', () => {
  let core: Core;
  let token: string;
  beforeEach(async () => {
    core = await Core.create();
    token = await core.application();
    await core.chat(token);
  });
  afterEach(() => core.stop());

  /** A worker that fences at once and then is held up until it may go on. */
  function heldUp(): { deps: OpenShardDeps; goOn: () => void } {
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const persister = {
      drain: async () => {
        await gate;
        return core.drain();
      },
      applyLocked: core.persister.applyLocked.bind(core.persister),
    } as unknown as OpenShardDeps['persister'];
    return { deps: { ...core.opening, persister }, goOn };
  }

  const epochKey = () => core.redis.get(core.keys().epoch);

  it('agree on one epoch, though the slower one fenced first; what is acknowledged in between is applied', async () => {
    await core.redis.set(core.keys().epoch, 'fence:test');
    const slow = heldUp();
    const opening = core.openShard(0, slow.deps);
    await waitUntil('the fence of the slow one', async () => (await epochKey()) !== 'fence:test');
    await core.openShard();
    await core.offsets.refresh();
    await core.message(token, 1, 'one');
    slow.goOn();
    await opening;
    // The API has not looked at Postgres since.
    await core.message(token, 1, 'two').catch(() => {});
    await core.open();
    await core.message(token, 1, 'three');
    await core.drain();
    const bodies = (await core.messages(token)).map(({ body }) => body);
    expect(bodies).to.deep.equal(['one', 'two', 'three']);
    expect(await epochKey()).to.equal(String((await core.knex('outbox_offsets').first()).epoch));
  });

  it('leave it closed no longer than the next look when the faster one dies in between', async () => {
    const slow = heldUp();
    await core.redis.set(core.keys().epoch, 'fence:test');
    const opening = core.openShard(0, slow.deps);
    await waitUntil('the fence of the slow one', async () => (await epochKey()) !== 'fence:test');
    await core.redis.set(core.keys().epoch, 'fence:of one that died');
    slow.goOn();
    await opening;
    expect(await epochKey()).to.equal('fence:of one that died');
    await core.open();
    expect(await core.message(token, 1, 'one')).to.equal(1);
  });

  it('many at once leave it open, with every number behind the last', async () => {
    expect(await core.message(token, 1, 'one')).to.equal(1);
    await core.redis.set(core.keys().epoch, 'fence:test');
    await Promise.all(Array.from({ length: 4 }, () => core.openShard()));
    await core.open();
    expect(await core.message(token, 1, 'two')).to.equal(2);
    await core.drain();
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['one', 'two']);
  });
});
