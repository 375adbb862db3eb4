import type { Principal } from '../auth/principal.ts';
import { seesOnly } from '../auth/visibility.ts';
import type { ChatRecord } from '../outbox/entry.ts';
import type { Reserver } from '../reserve/reserver.ts';
import { type CommandContext, type RatePolicy, rateLimitOf, reserveIdempotency } from './command.ts';

export interface NewChat {
  token: string;
  subject: string | null;
  open: boolean;
  metadata: Record<string, unknown>;
}

export interface CreatedChat {
  record: ChatRecord;
  replayed: boolean;
}

/** Opens a chat; it belongs to the customer who opens it, to nobody when a key or staff does. */
export const createChat =
  (deps: { reserver: Reserver; rates: RatePolicy }) =>
  async (input: NewChat, principal: Principal, context: CommandContext): Promise<CreatedChat> => {
    const { token, subject, open, metadata } = input;
    const customer = seesOnly(principal);
    const content = {
      subject,
      metadata,
      open,
      customer_id: customer || null,
      customer_name: null,
      request_id: context.requestId,
    };
    const { number, at, replayed } = await deps.reserver.reserve({
      kind: open ? 'open_chat' : 'chat',
      token,
      chat: 0,
      customer,
      kept: '',
      record: content,
      idempotency: reserveIdempotency(context),
      rate: rateLimitOf(deps.rates, principal),
      deadline: context.deadline,
    });
    return { record: { number, at, ...content }, replayed };
  };
