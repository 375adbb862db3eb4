import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { TokenSigner } from '../auth/tokens.ts';
import { notFound } from '../lib/errors.ts';
import { ApiKey } from '../models/api-key.ts';
import type { Applied } from '../outbox/offsets.ts';
import { findApplication } from '../queries/find-application.ts';
import type { RememberKey } from '../reserve/remember-key.ts';
import { shardOf } from '../storage/keys.ts';
import { type CommandContext, reserveIdempotency } from './command.ts';
import { idempotentWrite } from './idempotent-write.ts';

export interface CreatedKey {
  key: ApiKey;
  accessToken: string;
  replayed: boolean;
}

/** Gives an application one more key; the token is signed anew on a retry, never stored. */
export const createKey =
  (deps: {
    knex: Knex;
    applied: Applied;
    rememberKey: RememberKey;
    signer: TokenSigner;
    windowSeconds: number;
  }) =>
  async (token: string, name: string | null, context: CommandContext): Promise<CreatedKey> => {
    await deps.applied(shardOf(token));
    if (!(await findApplication(deps.knex, token))) throw notFound('application');
    const { answer: id, replayed } = await idempotentWrite(
      deps.knex,
      context,
      deps.windowSeconds,
      async (trx) => {
        const id = randomUUID();
        await ApiKey.query(trx).insert({ id, app_token: token, name });
        return id;
      },
    );
    const idempotency = reserveIdempotency(context);
    // The key is made: an answer that Redis could not be told of is still the answer.
    if (idempotency && !replayed) await deps.rememberKey(token, idempotency).catch(() => {});
    const key = await ApiKey.query(deps.knex).findById(id);
    if (!key) throw notFound('key');
    const subject = { sub: id, app: token, role: 'application' as const, jti: id };
    const accessToken = deps.signer.sign(subject, null, Math.floor(key.created_at.getTime() / 1000));
    return { key, accessToken, replayed };
  };
