import type { Knex } from 'knex';
import { canSee } from '../auth/visibility.ts';
import { forbidden, notFound } from '../lib/errors.ts';
import { Chat } from '../models/chat.ts';
import type { Applied } from '../outbox/offsets.ts';
import { findChat } from '../queries/find-chat.ts';
import { shardOf } from '../storage/keys.ts';

export interface ChatChange {
  subject?: string | null;
  metadata?: Record<string, unknown>;
  labels?: string[];
}

/**
 * Changes what is given; metadata and labels are replaced as a whole. A customer who may use an open chat does not
 * thereby own it.
 * @throws ProblemError not_found or forbidden
 */
export const updateChat =
  (deps: { knex: Knex; applied: Applied }) =>
  async (token: string, number: number, change: ChatChange, onlyFor: string): Promise<Chat> => {
    await deps.applied(shardOf(token));
    const chat = await findChat(deps.knex, token, number);
    if (!chat || !canSee(chat, onlyFor)) throw notFound('chat');
    if (onlyFor !== '' && chat.customer_id !== onlyFor)
      throw forbidden('Only its own customer may change a chat.');
    const { metadata, ...plain } = change;
    await Chat.query(deps.knex)
      .findById(chat.id)
      .patch({
        ...plain,
        ...(metadata === undefined
          ? {}
          : { metadata: deps.knex.raw('?::jsonb', [JSON.stringify(metadata)]) as never }),
        updated_at: new Date(),
      });
    return (await findChat(deps.knex, token, number)) ?? chat;
  };
