import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startRedis } from '../../scripts/embedded/redis.ts';
import { whenReady } from '../../src/storage/redis.ts';
import { Core, tokenOf } from '../helpers/core.ts';
import { PrivateStore } from '../helpers/private-stores.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('scripts loaded for one shard', () => {
  let dir: string;
  let store: PrivateStore;
  const cores: Core[] = [];
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anteroom-test-'));
    store = await PrivateStore.create((port) => startRedis({ dir, ...(port === undefined ? {} : { port }) }));
  });
  afterEach(async () => {
    for (const core of cores.splice(0)) await core.stop();
  });
  after(async () => {
    await store.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function start(shards: number): Promise<Core> {
    const core = await Core.create({ redisUrl: store.url, shards });
    cores.push(core);
    return core;
  }

  async function chatIn(core: Core, shard = 0): Promise<string> {
    const token = await core.application(tokenOf(shard));
    await core.chat(token);
    return token;
  }

  /** Says `unavailable` because Redis does not know the script, so nothing ran. */
  async function expectUnknown(core: Core, token: string): Promise<void> {
    core.logged.length = 0;
    const error = await core.message(token, 1, 'refused').catch((failure) => failure);
    expect(error).to.include({ code: 'unavailable' });
    expect(core.logged.map(({ reason }) => reason).join()).to.contain('NOSCRIPT');
  }

  it('leave the others closed after SCRIPT FLUSH, until a worker looks at them as well', async () => {
    const core = await start(2);
    const [zero, one] = [await chatIn(core, 0), await chatIn(core, 1)];
    await core.redis.script('FLUSH');
    await core.openShard(0);
    expect(await core.message(zero, 1, 'hello')).to.equal(1);
    await expectUnknown(core, one);
    await core.openShard(1);
    expect(await core.message(one, 1, 'hello')).to.equal(1);
  });

  it('leave the others closed in a new life of Redis, which may be older than Postgres', async () => {
    const core = await start(2);
    const [zero, one] = [await chatIn(core, 0), await chatIn(core, 1)];
    await core.message(one, 1, 'before');
    await store.stop();
    await store.startAgain();
    await whenReady(core.redis);
    await waitUntil('both connections are back', () => core.drain(1).then(() => true));
    expect(await core.openShard(0)).to.equal(true);
    await core.offsets.refresh();
    expect(await core.message(zero, 1, 'hello')).to.equal(1);
    await expectUnknown(core, one);
    expect(await core.openShard(1)).to.equal(true);
    await core.offsets.refresh();
    expect(await core.message(one, 1, 'after')).to.equal(2);
  });

  it('are not those of another deployment on the same Redis', async () => {
    const [mine, theirs] = [await start(1), await start(1)];
    const token = await chatIn(theirs);
    await theirs.redis.script('FLUSH');
    await mine.openShard();
    await chatIn(mine);
    await expectUnknown(theirs, token);
  });
});
