import type { Knex } from 'knex';
import type { Revocations } from '../auth/revocations.ts';
import { notFound } from '../lib/errors.ts';
import { ApiKey } from '../models/api-key.ts';
import type { Applied } from '../outbox/offsets.ts';
import { findApplication } from '../queries/find-application.ts';
import { shardOf } from '../storage/keys.ts';

/** The key's token stops working here at once and in every process within 5 s. */
export const deleteKey =
  (deps: { knex: Knex; applied: Applied; revocations: Revocations }) =>
  async (token: string, keyId: string): Promise<void> => {
    await deps.applied(shardOf(token));
    if (!(await findApplication(deps.knex, token))) throw notFound('application');
    await deps.knex.transaction(async (trx) => {
      const deleted = await ApiKey.query(trx).delete().where({ id: keyId, app_token: token });
      if (deleted === 0) throw notFound('key');
      await trx('revoked_tokens').insert({ jti: keyId }).onConflict('jti').ignore();
    });
    deps.revocations.add(keyId);
  };
