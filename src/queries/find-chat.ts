import type { Knex } from 'knex';
import { Chat } from '../models/chat.ts';

/** The chat, unless its application is deleted. Shows acknowledged writes only after `applied()`. */
export const findChat = (knex: Knex, token: string, number: number): Promise<Chat | undefined> =>
  Chat.query(knex)
    .findOne({ app_token: token, 'chats.number': number })
    .whereExists(
      knex('applications').whereRaw('applications.token = chats.app_token').whereNull('deleted_at'),
    )
    .execute();
