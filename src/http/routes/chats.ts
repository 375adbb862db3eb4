import { Type } from 'typebox';
import { canSee, readerOf, seesOnly } from '../../auth/visibility.ts';
import { createChat } from '../../commands/create-chat.ts';
import { markRead } from '../../commands/mark-read.ts';
import { updateChat } from '../../commands/update-chat.ts';
import { forbidden, invalid, notFound } from '../../lib/errors.ts';
import { findApplication } from '../../queries/find-application.ts';
import { findChat } from '../../queries/find-chat.ts';
import { listChats } from '../../queries/list-chats.ts';
import { listUnread } from '../../queries/list-unread.ts';
import type { Services } from '../../services.ts';
import { shardOf } from '../../storage/keys.ts';
import { createCursor } from '../cursor.ts';
import { defineRoute, type Route } from '../define-route.ts';
import { presentChat, presentNewChat } from '../presenters/chat.ts';
import {
  chat,
  chatList,
  createChatBody,
  listChatsQuery,
  markReadBody,
  readMark,
  unreadList,
  updateChatBody,
} from '../schemas/chat.ts';
import { number, pageQuery } from '../schemas/common.ts';
import { createdHeaders, nextCursor } from './replies.ts';

const tag = 'Chats';
const members = ['application', 'admin', 'agent', 'customer'] as const;
const position = Type.Object({ number, activity: Type.Integer({ minimum: 0, maximum: 8.64e15 }) });
const cursors = {
  number: createCursor('chats by number', position),
  activity: createCursor('chats by activity', position),
};
const unreadCursor = createCursor('unread', Type.Object({ number }));

/** What an entry of the outbox, and a row of a list, can bear. */
const MAX_METADATA = 16_384;

function checkMetadata(metadata: Record<string, unknown> | undefined): void {
  if (metadata && Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA)
    throw invalid('/body/metadata', `must not be over ${MAX_METADATA} bytes of JSON`);
}

export function chatRoutes(services: Services): Route[] {
  const create = createChat(services);
  const update = updateChat(services);
  const list = listChats(services);
  const mark = markRead(services);
  const unread = listUnread(services);

  return [
    defineRoute({
      method: 'POST',
      path: '/applications/:token/chats',
      summary: 'Create a chat and take its number',
      tag,
      roles: members,
      body: createChatBody,
      bodyOptional: true,
      problems: ['rate_limited', 'unavailable'],
      responses: { 201: { description: 'The chat.', schema: chat } },
      handler: async ({ params, body, principal, ...context }) => {
        if (body.open && principal.role === 'customer')
          throw forbidden('Customers cannot open chats for everybody.');
        checkMetadata(body.metadata);
        const { subject = null, open = false, metadata = {} } = body;
        const { record, replayed } = await create(
          { token: params.token, subject, open, metadata },
          principal,
          context,
        );
        return {
          status: 201,
          body: presentNewChat(params.token, record),
          headers: createdHeaders(
            replayed,
            `/applications/${params.token}/chats/${record.number}`,
            services.basePath,
          ),
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/applications/:token/chats',
      summary: 'List chats',
      tag,
      roles: members,
      query: listChatsQuery,
      responses: {
        200: { description: 'Newest first, every acknowledged chat included.', schema: chatList },
      },
      handler: async ({ params, query, principal }) => {
        const { status = null, sort = 'number', limit } = query;
        const after = cursors[sort].decode(query.cursor);
        const rows = await list(params.token, {
          status,
          sort,
          limit: limit + 1,
          after,
          onlyFor: seesOnly(principal),
        });
        const page = nextCursor(rows, limit, ({ number, last_activity_at }) =>
          cursors[sort].encode({ number, activity: last_activity_at.getTime() }),
        );
        return { status: 200, body: { data: page.items.map(presentChat), next: page.next } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/applications/:token/chats/:number',
      summary: 'Get a chat',
      tag,
      roles: members,
      responses: { 200: { description: 'The chat.', schema: chat } },
      handler: async ({ params, principal }) => {
        await services.applied(shardOf(params.token));
        const found = await findChat(services.knex, params.token, params.number);
        if (!found || !canSee(found, seesOnly(principal))) throw notFound('chat');
        return { status: 200, body: presentChat(found) };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/applications/:token/chats/:number',
      summary: 'Change subject, metadata or labels',
      tag,
      roles: members,
      body: updateChatBody,
      responses: { 200: { description: 'The chat after the change.', schema: chat } },
      handler: async ({ params, body, principal }) => {
        if (body.labels && principal.role === 'customer') throw forbidden('Labels are the staff’s.');
        checkMetadata(body.metadata);
        const changed = await update(params.token, params.number, body, seesOnly(principal));
        return { status: 200, body: presentChat(changed) };
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/applications/:token/chats/:number/read',
      summary: 'Move the read position on',
      tag,
      roles: members,
      body: markReadBody,
      responses: { 200: { description: 'The position, which never goes back.', schema: readMark } },
      handler: async ({ params, body, principal }) => {
        const who = { reader: readerOf(principal), onlyFor: seesOnly(principal) };
        return { status: 200, body: await mark(params.token, params.number, body.number, who) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/me/unread',
      summary: 'List chats with unread messages',
      tag,
      roles: members,
      query: pageQuery({}),
      problems: ['not_found'],
      responses: { 200: { description: 'Newest chat first.', schema: unreadList } },
      handler: async ({ query, principal }) => {
        const token = principal.app ?? '';
        await services.applied(shardOf(token));
        if (!(await findApplication(services.knex, token))) throw notFound('application');
        const who = { reader: readerOf(principal), onlyFor: seesOnly(principal) };
        const rows = await unread(
          token,
          who,
          query.limit + 1,
          unreadCursor.decode(query.cursor)?.number ?? null,
        );
        const page = nextCursor(rows, query.limit, (row) => unreadCursor.encode({ number: row.chat_number }));
        return { status: 200, body: { data: page.items, next: page.next } };
      },
    }),
  ];
}
