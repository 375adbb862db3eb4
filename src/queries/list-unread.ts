import type { Knex } from 'knex';

export interface Unread {
  chat_number: number;
  /** Up to here everything is read; 0 for nothing. */
  number: number;
  last_number: number;
  unread: number;
}

/** Chats with unread messages, newest number first. Computed from numbers, never counted. */
export const listUnread =
  (deps: { knex: Knex }) =>
  (
    token: string,
    who: { reader: string; onlyFor: string },
    limit: number,
    beforeNumber: number | null,
  ): Promise<Unread[]> =>
    deps
      .knex('chats as c')
      .leftJoin('read_positions as r', (join) => {
        join.on('r.chat_id', 'c.id').andOnVal('r.reader', who.reader);
      })
      .where('c.app_token', token)
      .whereRaw('c.last_message_number > coalesce(r.number, 0)')
      .modify((query) => {
        if (who.onlyFor !== '')
          query.where((own) => own.where('c.open', true).orWhere('c.customer_id', who.onlyFor));
        if (beforeNumber !== null) query.where('c.number', '<', beforeNumber);
      })
      .select(
        'c.number as chat_number',
        deps.knex.raw('coalesce(r.number, 0) as number'),
        'c.last_message_number as last_number',
        deps.knex.raw('c.last_message_number - coalesce(r.number, 0) as unread'),
      )
      .orderBy('c.number', 'desc')
      .limit(limit);
