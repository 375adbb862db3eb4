import type { Knex } from 'knex';
import { canSee } from '../auth/visibility.ts';
import { invalid, notFound } from '../lib/errors.ts';
import type { Applied } from '../outbox/offsets.ts';
import { findChat } from '../queries/find-chat.ts';
import { shardOf } from '../storage/keys.ts';

export interface ReadMark {
  chat_number: number;
  /** The position after the call; a mark behind it changes nothing. */
  number: number;
  unread: number;
}

/** @throws ProblemError validation_failed for a number beyond the chat's last message */
export const markRead =
  (deps: { knex: Knex; applied: Applied }) =>
  async (
    token: string,
    chatNumber: number,
    number: number,
    who: { reader: string; onlyFor: string },
  ): Promise<ReadMark> => {
    await deps.applied(shardOf(token));
    const chat = await findChat(deps.knex, token, chatNumber);
    if (!chat || !canSee(chat, who.onlyFor)) throw notFound('chat');
    const last = chat.last_message_number;
    if (number > last) throw invalid('/body/number', `must not be beyond the last message, ${last}`);
    const [row] = await deps
      .knex('read_positions')
      .insert({ chat_id: chat.id, reader: who.reader, number })
      .onConflict(['chat_id', 'reader'])
      .merge({
        number: deps.knex.raw('greatest(read_positions.number, excluded.number)'),
        updated_at: deps.knex.fn.now(),
      })
      .returning('number');
    return { chat_number: chatNumber, number: row.number, unread: last - row.number };
  };
