import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { Persister } from '../../workers/persist/persister.ts';
import { TrimLag } from '../../workers/persist/trim-lag.ts';
import { Core } from '../helpers/core.ts';

const COUNT = 300;
/** What the API lets through. */
const METADATA_BYTES = 16_384;
/** A read of the outbox has a second for its page. */
const PAGE_BYTES = 1_200_000;

describe('an outbox of large entries', () => {
  let core: Core;
  before(async () => {
    core = await Core.create();
  });
  after(() => core.stop());

  it('is read in pages that a read can bear, and persisted whole', async () => {
    const token = await core.application();
    const metadata = { text: 'x'.repeat(METADATA_BYTES - '{"text":""}'.length) };
    const record = {
      ...{ subject: null, metadata, open: false, request_id: 'test' },
      ...{ customer_id: null, customer_name: null },
    };
    await Promise.all(Array.from({ length: COUNT }, () => core.chat(token, { record })));

    const pages: number[] = [];
    const xrange = async (...args: Parameters<Redis['xrange']>) => {
      const page = await core.redis.xrange(...args);
      pages.push(page.reduce((sum, [, fields]) => sum + fields.join('').length, 0));
      return page;
    };
    const redis: Redis = Object.create(core.redis, { xrange: { value: xrange } });
    const persister = new Persister({ ...core.opening, redis, trimLag: new TrimLag() });
    expect(await persister.drain(0, 'wait')).to.equal(COUNT + 1);

    expect(Math.max(...pages)).to.be.below(PAGE_BYTES);
    const [row] = await core
      .knex('chats')
      .where({ app_token: token })
      .select(
        core.knex.raw('count(*)::int AS chats'),
        core.knex.raw(`min(length(metadata->>'text')) AS shortest`),
      );
    expect(row).to.deep.equal({ chats: COUNT, shortest: metadata.text.length });
  });
});
