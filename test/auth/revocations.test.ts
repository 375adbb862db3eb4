import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { Revocations } from '../../src/auth/revocations.ts';
import { Core } from '../helpers/core.ts';
import { waitUntil } from '../helpers/wait-until.ts';

const MINUTE = 60_000;

describe('revocations', () => {
  let core: Core;
  before(async () => {
    core = await Core.create();
  });
  after(() => core.stop());

  it('made while polls failed for long are learnt by the first poll that succeeds', async () => {
    const jti = randomUUID();
    let reads = 0;
    /** The first read was ten minutes ago; since then Postgres was away, for the next poll still. */
    const raw = async (sql: string, bindings: Knex.RawBinding[]) => {
      reads++;
      if (reads === 2) throw new Error('Postgres is away');
      const result = await core.knex.raw(sql, bindings);
      if (reads === 1) result.rows[0].read_at = new Date(Date.now() - 10 * MINUTE);
      return result;
    };
    const revocations = new Revocations({ raw } as unknown as Knex, core.opening.log);
    await revocations.start();
    try {
      await core.knex('revoked_tokens').insert({ jti, created_at: new Date(Date.now() - 5 * MINUTE) });
      await waitUntil('a poll that succeeds', () => reads >= 3 && revocations.has(jti));
      expect(core.logged.map(({ msg }) => msg)).to.include('revocations not read');
    } finally {
      revocations.stop();
    }
  });
});
