import type { Knex } from 'knex';
import { canSee } from '../auth/visibility.ts';
import { notFound } from '../lib/errors.ts';
import { Message } from '../models/message.ts';
import type { Applied } from '../outbox/offsets.ts';
import type { Tail } from '../reserve/tail.ts';
import { shardOf } from '../storage/keys.ts';
import { findChat } from './find-chat.ts';

export interface Trace {
  number: number;
  state: 'accepted' | 'persisted' | 'failed';
  steps: { name: string; at: Date }[];
}

/** How far a message has come. Never waits for the outbox: that is what it reports on. */
export const traceMessage =
  (deps: { knex: Knex; tail: Tail; applied: Applied }) =>
  async (token: string, chatNumber: number, number: number, onlyFor: string): Promise<Trace> => {
    const state = await deps.tail.chatState(token, chatNumber);
    if (state === 'gone') throw notFound('application');
    if (state === 'missing') await deps.applied(shardOf(token));
    const chat = await findChat(deps.knex, token, chatNumber);
    const seen = state === 'missing' ? chat : state;
    if (!seen || !canSee(seen, onlyFor)) throw notFound('chat');
    // The tail first: what has left it has a row.
    const record = (await deps.tail.read(token, chatNumber, [number])).get(number);
    const row = chat && (await Message.query(deps.knex).findOne({ chat_id: chat.id, number }));
    if (row) return traceOfRow(row);
    if (!record) throw notFound('message');
    return { number, state: 'accepted', steps: [{ name: 'accepted', at: new Date(record.at) }] };
  };

const traceOfRow = (row: Message): Trace => ({
  number: row.number,
  state: row.void ? 'failed' : 'persisted',
  steps: [
    { name: 'accepted', at: row.created_at },
    { name: row.void ? 'failed' : 'persisted', at: row.persisted_at },
  ],
});
