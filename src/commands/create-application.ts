import { randomUUID } from 'node:crypto';
import { newToken, shardOfKey } from '../auth/new-token.ts';
import type { TokenSigner } from '../auth/tokens.ts';
import type { Reserver } from '../reserve/reserver.ts';
import { type CommandContext, reserveIdempotency } from './command.ts';

export interface CreatedApplication {
  token: string;
  name: string;
  keyId: string;
  accessToken: string;
  at: number;
  replayed: boolean;
}

/** Creates an application and its first key. A retry with the same idempotency key gets the very same two. */
export const createApplication =
  (deps: { reserver: Reserver; signer: TokenSigner; shards: number }) =>
  async (input: { name: string }, context: CommandContext): Promise<CreatedApplication> => {
    const { idempotency } = context;
    const token = newToken(deps.shards, idempotency && shardOfKey(idempotency.keyHash, deps.shards));
    const keyId = randomUUID();
    const { at, kept, replayed } = await deps.reserver.reserve({
      kind: 'application',
      token,
      chat: 0,
      customer: '',
      kept: `${token}/${keyId}`,
      record: { name: input.name, key_id: keyId, request_id: context.requestId },
      idempotency: reserveIdempotency(context),
      rate: null,
      deadline: context.deadline,
    });
    return { ...sign(deps.signer, kept, at), name: input.name, at, replayed };
  };

function sign(signer: TokenSigner, kept: string, at: number) {
  const [token = '', keyId = ''] = kept.split('/');
  const subject = { sub: keyId, app: token, role: 'application' as const, jti: keyId };
  return { token, keyId, accessToken: signer.sign(subject, null, Math.floor(at / 1000)) };
}
