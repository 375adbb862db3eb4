import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { handleCleanExpired } from '../../workers/handlers/clean-expired.ts';
import { Core } from '../helpers/core.ts';

const WINDOW = 3600;

describe('cleaning what has expired', () => {
  let core: Core;
  before(async () => {
    core = await Core.create();
  });
  after(() => core.stop());

  const clean = () => handleCleanExpired(core.pool, WINDOW)({}, core.opening.log);
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

  it('removes idempotency keys past twice their window, and no younger ones', async () => {
    const ages = [0, WINDOW, 2 * WINDOW - 60, 2 * WINDOW + 60, 100 * WINDOW];
    await core.knex('idempotency_keys').insert(
      ages.map((age) => ({
        key_hash: randomBytes(16),
        fingerprint: randomBytes(16),
        answer: String(age),
        created_at: ago(age),
      })),
    );
    await clean();
    const kept = await core.knex('idempotency_keys').select('answer');
    expect(kept.map(({ answer }) => Number(answer))).to.have.members(ages.slice(0, 3));
  });

  it('removes revocations past the life of their token, and never one without an end', async () => {
    const ends = [ago(60), ago(-60), null];
    await core.knex('revoked_tokens').insert(ends.map((expires_at) => ({ jti: randomUUID(), expires_at })));
    await clean();
    const kept = await core.knex('revoked_tokens').orderBy('id').select('expires_at');
    expect(kept.map(({ expires_at }) => expires_at)).to.deep.equal(ends.slice(1));
  });

  it('removes more than one slice', async () => {
    await core.knex.raw(
      `INSERT INTO idempotency_keys (key_hash, fingerprint, answer, created_at)
       SELECT decode(md5(i::text), 'hex'), 'x', '', now() - interval '1 day' FROM generate_series(1, 6000) AS i`,
    );
    await clean();
    expect(await core.knex('idempotency_keys').where({ answer: '' })).to.deep.equal([]);
    expect(await core.knex('task_runs').where({ task: 'clean-expired' }).first()).to.include({
      changed: 6000,
    });
  });
});
