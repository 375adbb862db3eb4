import { Type } from 'typebox';
import { listOf, nonBlank, nullable, number, pageQuery, timestamp, token } from './common.ts';

const status = Type.Unsafe<'open' | 'bot' | 'waiting' | 'assigned' | 'closed'>({
  type: 'string',
  enum: ['open', 'bot', 'waiting', 'assigned', 'closed'],
});

const subject = nullable(nonBlank(500));

const metadata = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  maxProperties: 50,
  description: 'Anything the client wants to keep with the chat: at most 50 members and 16 KiB of JSON.',
});

export const createChatBody = Type.Object({
  subject: Type.Optional(subject),
  open: Type.Optional(Type.Boolean({ description: 'Whether every customer of the application may use it.' })),
  metadata: Type.Optional(metadata),
});

export const updateChatBody = Type.Object(
  {
    subject: Type.Optional(subject),
    metadata: Type.Optional(metadata),
    labels: Type.Optional(Type.Array(nonBlank(100), { maxItems: 50, uniqueItems: true })),
  },
  { minProperties: 1 },
);

export const listChatsQuery = pageQuery({
  status: Type.Optional(status),
  sort: Type.Optional(Type.Unsafe<'number' | 'activity'>({ type: 'string', enum: ['number', 'activity'] })),
});

const person = Type.Object({ id: Type.String(), name: nullable(Type.String()) });

export const chat = Type.Object({
  number,
  app_token: token,
  subject: nullable(Type.String()),
  character_id: nullable(Type.String()),
  metadata,
  status,
  open: Type.Boolean(),
  labels: Type.Array(Type.String()),
  owner: nullable(
    Type.Object({
      type: Type.Unsafe<'character' | 'agent'>({ type: 'string', enum: ['character', 'agent'] }),
      id: Type.String(),
    }),
  ),
  owner_version: Type.Integer({ minimum: 0 }),
  customer: nullable(person),
  message_count: Type.Integer({ minimum: 0, description: 'Messages, as of the last reconciliation.' }),
  created_at: timestamp,
  updated_at: timestamp,
  last_activity_at: timestamp,
});

export const chatList = listOf(chat);

export const markReadBody = Type.Object({ number });

export const readMark = Type.Object({
  chat_number: number,
  number,
  unread: Type.Integer({ minimum: 0 }),
});

export const unreadList = listOf(
  Type.Object({
    chat_number: number,
    number: Type.Integer({ minimum: 0, description: 'The last message read; 0 for none.' }),
    last_number: number,
    unread: Type.Integer({ minimum: 1 }),
  }),
);
