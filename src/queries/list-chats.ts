import type { Knex } from 'knex';
import { notFound } from '../lib/errors.ts';
import { Chat, type ChatStatus } from '../models/chat.ts';
import type { Applied } from '../outbox/offsets.ts';
import { shardOf } from '../storage/keys.ts';
import { findApplication } from './find-application.ts';

export interface ChatFilter {
  status: ChatStatus | null;
  sort: 'number' | 'activity';
  limit: number;
  /** Where the page before ended; `activity` in ms. */
  after: { number: number; activity: number } | null;
  onlyFor: string;
}

/** Newest first, by number or by last activity; every acknowledged chat is there. */
export const listChats =
  (deps: { knex: Knex; applied: Applied }) =>
  async (token: string, { status, sort, limit, after, onlyFor }: ChatFilter): Promise<Chat[]> => {
    await deps.applied(shardOf(token));
    if (!(await findApplication(deps.knex, token))) throw notFound('application');
    return Chat.query(deps.knex)
      .where({ app_token: token })
      .modify((query) => {
        if (status !== null) query.where({ status });
        if (onlyFor !== '') query.where((own) => own.where({ open: true }).orWhere({ customer_id: onlyFor }));
        if (sort === 'activity') {
          if (after)
            query.whereRaw('(last_activity_at, number) < (to_timestamp(? / 1000.0), ?)', [
              after.activity,
              after.number,
            ]);
          query.orderBy('last_activity_at', 'desc');
        } else if (after) query.where('number', '<', after.number);
      })
      .orderBy('number', 'desc')
      .limit(limit);
  };
