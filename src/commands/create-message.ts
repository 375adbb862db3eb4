import type { Principal } from '../auth/principal.ts';
import { seesOnly } from '../auth/visibility.ts';
import type { AuthorType, MessageRecord } from '../outbox/entry.ts';
import type { Reserver } from '../reserve/reserver.ts';
import { type CommandContext, type RatePolicy, rateLimitOf, reserveIdempotency } from './command.ts';

export interface NewMessage {
  token: string;
  chat: number;
  body: string;
  authorType: AuthorType;
  author: MessageRecord['author'];
}

export interface CreatedMessage {
  record: MessageRecord;
  replayed: boolean;
}

/** Takes the message's number, with its entry in the outbox; the row follows behind the answer. */
export const createMessage =
  (deps: { reserver: Reserver; rates: RatePolicy }) =>
  async (input: NewMessage, principal: Principal, context: CommandContext): Promise<CreatedMessage> => {
    const { token, chat, body, authorType, author } = input;
    const content = { body, author_type: authorType, author, request_id: context.requestId };
    const { number, at, replayed } = await deps.reserver.reserve({
      kind: 'message',
      token,
      chat,
      customer: seesOnly(principal),
      kept: '',
      record: content,
      idempotency: reserveIdempotency(context),
      rate: rateLimitOf(deps.rates, principal),
      deadline: context.deadline,
    });
    return { record: { number, at, ...content }, replayed };
  };
