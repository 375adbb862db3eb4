import { expect } from 'chai';
import { installScript } from '../../src/reserve/hydrate.ts';
import { Core, tokenOf } from '../helpers/core.ts';

describe('install.lua', () => {
  let core: Core;
  let key: string;
  before(async () => {
    core = await Core.create();
  });
  beforeEach(() => {
    key = core.keys().app(tokenOf());
  });
  after(() => core.stop());

  const install = (number: number, epoch = 1) =>
    core.redis.evalsha(
      installScript(core.scope()).sha,
      2,
      core.keys().epoch,
      key,
      epoch,
      600,
      4,
      'n',
      number,
      'x',
      0,
    );

  it('brings a missing counter, with an end to its life', async () => {
    expect(await install(50)).to.equal(1);
    expect(await core.redis.hgetall(key)).to.deep.equal({ e: '1', n: '50', x: '0' });
    expect(await core.redis.ttl(key)).to.be.within(1, 600);
  });

  it('never puts back one that is there and has moved on', async () => {
    await install(50);
    await core.redis.hset(key, 'n', 51);
    expect(await install(50)).to.equal(0);
    expect(await core.redis.hget(key, 'n')).to.equal('51');
  });

  it('does nothing in another epoch', async () => {
    expect(await install(50, 2)).to.equal(-1);
    expect(await core.redis.exists(key)).to.equal(0);
    await core.redis.set(core.keys().epoch, 'fence:test');
    expect(await install(50)).to.equal(-1);
    await core.redis.set(core.keys().epoch, '1');
  });

  it('replaces what an older epoch left, with all its fields', async () => {
    await core.redis.hset(key, { e: 0, n: 99, x: 1, left: 'over' });
    expect(await install(50)).to.equal(1);
    expect(await core.redis.hgetall(key)).to.deep.equal({ e: '1', n: '50', x: '0' });
  });

  it('installs each of several hashes by its own fields', async () => {
    const other = core.keys().chat(tokenOf(), 1);
    const fields = [2, 'n', 7, 6, 'n', 8, 'o', 1, 'u', ''];
    expect(
      await core.redis.evalsha(
        installScript(core.scope()).sha,
        3,
        core.keys().epoch,
        key,
        other,
        1,
        600,
        ...fields,
      ),
    ).to.equal(2);
    expect(await core.redis.hgetall(key)).to.deep.equal({ e: '1', n: '7' });
    expect(await core.redis.hgetall(other)).to.deep.equal({ e: '1', n: '8', o: '1', u: '' });
  });
});
