import { idBytes, newToken, newUuid } from '../auth/new-ids.ts';
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
  (deps: { reserver: Reserver; signer: TokenSigner; secret: string; shards: number }) =>
  async (input: { name: string }, context: CommandContext): Promise<CreatedApplication> => {
    const keyHash = context.idempotency?.keyHash;
    const token = newToken(idBytes(deps.secret, 'application', keyHash), deps.shards);
    const keyId = newUuid(idBytes(deps.secret, 'first key', keyHash));
    const { at, replayed } = await deps.reserver.reserve({
      kind: 'application',
      token,
      chat: 0,
      customer: '',
      record: { name: input.name, key_id: keyId, request_id: context.requestId },
      idempotency: reserveIdempotency(context),
      rate: null,
      deadline: context.deadline,
    });
    const subject = { sub: keyId, app: token, role: 'application' as const, jti: keyId };
    const accessToken = deps.signer.sign(subject, null, Math.floor(at / 1000));
    return { token, name: input.name, keyId, accessToken, at, replayed };
  };
