// A chat's messages by number: the newest from Redis, the rest from Postgres, never with a gap between.
import type { Knex } from 'knex';
import { canSee } from '../auth/visibility.ts';
import { notFound } from '../lib/errors.ts';
import { Message } from '../models/message.ts';
import type { MessageRecord } from '../outbox/entry.ts';
import type { Applied } from '../outbox/offsets.ts';
import type { Tail } from '../reserve/tail.ts';
import { shardOf } from '../storage/keys.ts';
import { findChat } from './find-chat.ts';

export interface ListMessagesDeps {
  knex: Knex;
  tail: Tail;
  applied: Applied;
}

/** A message as a row, or as the record of an entry that may have no row yet. */
export type StoredMessage = { is: 'row'; row: Message } | { is: 'record'; record: MessageRecord };

export interface Page {
  /** Ascending, dense. */
  messages: StoredMessage[];
  /** The chat's last acknowledged number. */
  last: number;
}

/** The numbers of a page: the ones after a number, before one, or the newest. */
export interface Range {
  after?: number | undefined;
  before?: number | undefined;
  limit: number;
}

export function numbersOf({ after, before, limit }: Range, last: number): number[] {
  const to =
    after === undefined
      ? Math.min(before === undefined ? last : before - 1, last)
      : Math.min(after + limit, last);
  const from = after === undefined ? Math.max(1, to - limit + 1) : after + 1;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

/** The chat's last number, from Redis or, where it does not know, from Postgres. */
async function lastNumber(
  deps: ListMessagesDeps,
  token: string,
  chat: number,
  onlyFor: string,
): Promise<number> {
  const state = await deps.tail.chatState(token, chat);
  if (state === 'gone') throw notFound('application');
  if (state !== 'missing') {
    if (!canSee(state, onlyFor)) throw notFound('chat');
    return state.last;
  }
  await deps.applied(shardOf(token));
  const row = await findChat(deps.knex, token, chat);
  if (!row || !canSee(row, onlyFor)) throw notFound('chat');
  return row.last_message_number;
}

async function readRows(
  knex: Knex,
  token: string,
  chat: number,
  numbers: number[],
): Promise<Map<number, Message>> {
  if (numbers.length === 0) return new Map();
  const rows = await Message.query(knex)
    .whereIn('number', numbers)
    .where('chat_id', knex('chats').select('id').where({ app_token: token, number: chat }));
  return new Map(rows.map((row) => [row.number, row]));
}

async function readStored(deps: ListMessagesDeps, token: string, chat: number, numbers: number[]) {
  const records = await deps.tail.read(token, chat, numbers);
  const rows = await readRows(
    deps.knex,
    token,
    chat,
    numbers.filter((number) => !records.has(number)),
  );
  return numbers.map((number): StoredMessage | null => {
    const row = rows.get(number);
    const record = records.get(number);
    if (row) return { is: 'row', row };
    return record ? { is: 'record', record } : null;
  });
}

export const listMessages =
  (deps: ListMessagesDeps) =>
  async (token: string, chat: number, range: Range, onlyFor: string): Promise<Page> => {
    const last = await lastNumber(deps, token, chat, onlyFor);
    const numbers = numbersOf(range, last);
    let stored = await readStored(deps, token, chat, numbers);
    if (stored.includes(null)) {
      // In neither: its row was being written while we looked.
      await deps.applied(shardOf(token));
      stored = await readStored(deps, token, chat, numbers);
    }
    return { messages: stored.filter((message) => message !== null), last };
  };

/** One message. @throws ProblemError not_found */
export const getMessage =
  (deps: ListMessagesDeps) =>
  async (token: string, chat: number, number: number, onlyFor: string): Promise<StoredMessage> => {
    const page = await listMessages(deps)(token, chat, { after: number - 1, limit: 1 }, onlyFor);
    const [message] = page.messages;
    if (!message) throw notFound('message');
    return message;
  };
