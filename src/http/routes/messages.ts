import { Type } from 'typebox';
import type { Principal } from '../../auth/principal.ts';
import { seesOnly } from '../../auth/visibility.ts';
import { deleteMessage, editMessage } from '../../commands/change-message.ts';
import { createMessage } from '../../commands/create-message.ts';
import { forbidden, invalid } from '../../lib/errors.ts';
import type { AuthorType, MessageRecord } from '../../outbox/entry.ts';
import { assertApplication } from '../../queries/assert-application.ts';
import { getMessage, listMessages, type Page, type Range } from '../../queries/list-messages.ts';
import { type SearchScope, searchMessages } from '../../queries/search-messages.ts';
import { traceMessage } from '../../queries/trace-message.ts';
import type { Services } from '../../services.ts';
import { createCursor } from '../cursor.ts';
import { defineRoute, type Route } from '../define-route.ts';
import { presentHit, presentMessage, presentRecord, presentRow } from '../presenters/message.ts';
import {
  createMessageBody,
  editMessageBody,
  listMessagesQuery,
  message,
  messageList,
  searchList,
  searchQuery,
  trace,
} from '../schemas/message.ts';
import { createdHeaders, nextCursor } from './replies.ts';

const tag = 'Messages';
const members = ['application', 'admin', 'agent', 'customer'] as const;
const path = '/applications/:token/chats/:number/messages' as const;
const hitCursor = createCursor(
  'search',
  Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
);

const ownType = (role: Principal['role']): AuthorType => (role === 'customer' ? 'customer' : 'service_agent');

interface NamedAuthor {
  author_type?: AuthorType;
  author?: string | { id?: string | null; name?: string | null } | null;
}

/** A key may name any author; everybody else is who they are. */
function authorOf(
  principal: Principal,
  named: NamedAuthor,
): { authorType: AuthorType; author: MessageRecord['author'] } {
  if (principal.role === 'application') {
    const { id = null, name = null } =
      typeof named.author === 'string' ? { name: named.author } : (named.author ?? {});
    return {
      authorType: named.author_type ?? 'customer',
      author: id === null && name === null ? null : { id, name },
    };
  }
  const authorType = ownType(principal.role);
  if (named.author || (named.author_type ?? authorType) !== authorType)
    throw forbidden('Only an application key may name the author of a message.');
  return { authorType, author: { id: principal.id, name: null } };
}

/** The number that the next page's `after` or `before` takes. */
function nextOf({ messages, last }: Page, range: Range): number | null {
  const number = (at: number) => {
    const stored = messages.at(at);
    return stored?.is === 'row' ? stored.row.number : (stored?.record.number ?? null);
  };
  if (range.after !== undefined) {
    const newest = number(-1);
    return newest !== null && newest < last ? newest : null;
  }
  const oldest = number(0);
  return oldest !== null && oldest > 1 ? oldest : null;
}

export function messageRoutes(services: Services): Route[] {
  const create = createMessage(services);
  const edit = editMessage(services);
  const remove = deleteMessage(services);
  const list = listMessages(services);
  const get = getMessage(services);
  const search = searchMessages(services);
  const traced = traceMessage(services);
  const assertExists = assertApplication(services);

  const searchPage = async (scope: SearchScope, query: { q: string; limit: number; cursor?: string }) => {
    const hits = await search(scope, query.q, query.limit + 1, hitCursor.decode(query.cursor)?.id ?? null);
    const page = nextCursor(hits, query.limit, ({ id }) => hitCursor.encode({ id }));
    return {
      status: 200,
      body: { data: page.items.map((hit) => presentHit(hit, query.q)), next: page.next },
    };
  };

  return [
    defineRoute({
      method: 'POST',
      path,
      summary: 'Create a message and take its number',
      tag,
      roles: members,
      body: createMessageBody,
      problems: ['rate_limited', 'unavailable'],
      responses: { 201: { description: 'The message.', schema: message } },
      handler: async ({ params, body, principal, ...context }) => {
        const author = authorOf(principal, body);
        const input = { token: params.token, chat: params.number, body: body.body, ...author };
        const { record, replayed } = await create(input, principal, context);
        const location = `/applications/${params.token}/chats/${params.number}/messages/${record.number}`;
        return {
          status: 201,
          body: presentRecord(params.number, record),
          headers: createdHeaders(replayed, location, services.basePath),
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path,
      summary: 'List messages by number',
      description: 'Ascending; the newest when neither `after` nor `before` is given.',
      tag,
      roles: members,
      query: listMessagesQuery,
      responses: { 200: { description: 'A page without gaps.', schema: messageList } },
      handler: async ({ params, query, principal }) => {
        if (query.after !== undefined && query.before !== undefined)
          throw invalid('/query/before', 'cannot be given together with after');
        const page = await list(params.token, params.number, query, seesOnly(principal));
        const data = page.messages.map((stored) => presentMessage(params.number, stored));
        return { status: 200, body: { data, next: nextOf(page, query) } };
      },
    }),
    // Before the route of one message: "search" is no number.
    defineRoute({
      method: 'GET',
      path: `${path}/search`,
      summary: 'Search the messages of a chat',
      description: 'Finds what is persisted; a message just accepted follows within moments.',
      tag,
      roles: members,
      query: searchQuery,
      responses: { 200: { description: 'Newest first.', schema: searchList } },
      handler: async ({ params, query, principal }) => {
        // Says 404 for a chat that the caller cannot see.
        await list(params.token, params.number, { limit: 1 }, seesOnly(principal));
        return searchPage({ token: params.token, chat: params.number, onlyFor: seesOnly(principal) }, query);
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/applications/:token/messages/search',
      summary: 'Search all messages of an application',
      description: 'Finds what is persisted; a message just accepted follows within moments.',
      tag,
      roles: members,
      query: searchQuery,
      responses: { 200: { description: 'Newest first.', schema: searchList } },
      handler: async ({ params, query, principal }) => {
        await assertExists(params.token);
        return searchPage({ token: params.token, chat: null, onlyFor: seesOnly(principal) }, query);
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/:n`,
      summary: 'Get a message',
      tag,
      roles: members,
      responses: { 200: { description: 'The message.', schema: message } },
      handler: async ({ params, principal }) => {
        const stored = await get(params.token, params.number, params.n, seesOnly(principal));
        return { status: 200, body: presentMessage(params.number, stored) };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: `${path}/:n`,
      summary: 'Edit a message',
      tag,
      roles: members,
      body: editMessageBody,
      problems: ['conflict'],
      responses: { 200: { description: 'The message after the edit.', schema: message } },
      handler: async ({ params, body, principal }) => {
        const place = { token: params.token, chat: params.number, number: params.n };
        return { status: 200, body: presentRow(params.number, await edit(place, body.body, principal)) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/:n`,
      summary: 'Delete a message',
      description: 'It keeps its number; its body becomes null.',
      tag,
      roles: members,
      responses: { 200: { description: 'The message without its body.', schema: message } },
      handler: async ({ params, principal }) => {
        const place = { token: params.token, chat: params.number, number: params.n };
        return { status: 200, body: presentRow(params.number, await remove(place, principal)) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/:n/trace`,
      summary: 'Follow a message on its way',
      tag,
      roles: [...members, 'operator'],
      responses: { 200: { description: 'What has happened to it, without its content.', schema: trace } },
      handler: async ({ params, principal }) => {
        const found = await traced(params.token, params.number, params.n, seesOnly(principal));
        const steps = found.steps.map(({ name, at }) => ({ name, at: at.toISOString() }));
        return { status: 200, body: { number: found.number, state: found.state, steps } };
      },
    }),
  ];
}
