// Puts the content of a refused entry into its void row, once what refused it has been mended.
import type { Knex } from 'knex';
import { notFound, ProblemError } from '../lib/errors.ts';
import type { ApplicationRecord, ChatRecord, MessageRecord } from '../outbox/entry.ts';

export interface DeadLetter {
  id: number;
  kind: 'application' | 'chat' | 'message' | 'deletion';
  app_token: string;
  chat_number: number | null;
  number: number | null;
  record: Buffer;
  sqlstate: string;
  reason: string;
  created_at: Date;
  replayed_at: Date | null;
}

/** Asks for a recount: the parent was counted through this number without its content. */
const RECOUNT = 'least(counted_through, 0) - 1';

type Fill = (trx: Knex.Transaction, letter: DeadLetter, content: unknown) => Promise<number>;

const fillApplication: Fill = (trx, { app_token }, content) =>
  trx('applications')
    .where({ token: app_token, void: true })
    .update({ name: (content as ApplicationRecord).name, void: false });

const fillChat: Fill = async (trx, { app_token, number }, content) => {
  const { subject, metadata } = content as ChatRecord;
  await trx('applications')
    .where({ token: app_token })
    .update({ counted_through: trx.raw(RECOUNT) });
  return trx('chats')
    .where({ app_token, number, void: true })
    .update({ subject, metadata: JSON.stringify(metadata), void: false });
};

const fillMessage: Fill = async (trx, { app_token, chat_number, number }, content) => {
  const { body, author_type, author } = content as MessageRecord;
  const chat = trx('chats').where({ app_token, number: chat_number });
  await chat.clone().update({ counted_through: trx.raw(RECOUNT) });
  return trx('messages')
    .where('chat_id', chat.clone().select('id'))
    .where({ number, void: true })
    .update({
      body,
      author_type,
      author_id: author?.id ?? null,
      author_name: author?.name ?? null,
      void: false,
    });
};

const fills: Partial<Record<DeadLetter['kind'], Fill>> = {
  application: fillApplication,
  chat: fillChat,
  message: fillMessage,
};

/**
 * Fills the void row and marks the dead letter as replayed, both or neither; replaying again is a conflict.
 * @throws ProblemError not_found or conflict, or what Postgres still has against the content
 */
export const replayDeadLetter =
  (deps: { knex: Knex }) =>
  (id: number): Promise<DeadLetter> =>
    deps.knex.transaction(async (trx) => {
      const letter: DeadLetter | undefined = await trx('dead_letters').where({ id }).forUpdate().first();
      if (!letter) throw notFound('dead letter');
      if (letter.replayed_at) throw new ProblemError('conflict', `Dead letter ${id} has been replayed.`);
      const filled = await fills[letter.kind]?.(trx, letter, JSON.parse(letter.record.toString()));
      if (!filled) throw new ProblemError('conflict', `Dead letter ${id} has no void row to fill.`);
      await trx('dead_letters').where({ id }).update({ replayed_at: trx.fn.now() });
      return letter;
    });

/** Dead letters that wait for a replay, oldest first. */
export const listDeadLetters =
  (deps: { knex: Knex }) =>
  (limit: number): Promise<DeadLetter[]> =>
    deps.knex('dead_letters').whereNull('replayed_at').orderBy('id').limit(limit);
