import { Type } from 'typebox';
import { limit, listOf, nonBlank, nullable, number, pageQuery, timestamp } from './common.ts';

const authorType = Type.Unsafe<'customer' | 'service_agent' | 'ai' | 'system'>({
  type: 'string',
  enum: ['customer', 'service_agent', 'ai', 'system'],
});

const body = nonBlank(10_000, { description: 'Stored as sent; 1 to 10,000 characters (code points).' });

const authorText = Type.String({ minLength: 1, maxLength: 200 });

export const createMessageBody = Type.Object({
  body,
  author_type: Type.Optional(authorType),
  author: Type.Optional(
    nullable(
      Type.Union(
        [
          authorText,
          Type.Object(
            { id: Type.Optional(nullable(authorText)), name: Type.Optional(nullable(authorText)) },
            {
              description: 'Whom the message is from, in the words of the client; only for application keys.',
            },
          ),
        ],
        { description: 'A name, or an id and a name.' },
      ),
    ),
  ),
  max_price: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1e12, description: 'Refuse the message if it would cost more.' }),
  ),
});

export const editMessageBody = Type.Object({ body });

const fields = {
  number,
  chat_number: number,
  body: nullable(
    Type.String({ description: 'Null when deleted, or when the database refused the message.' }),
  ),
  author_type: authorType,
  author: nullable(Type.Object({ id: nullable(Type.String()), name: nullable(Type.String()) })),
  created_at: timestamp,
  updated_at: timestamp,
  edited_at: nullable(timestamp),
  deleted_at: nullable(timestamp),
};

export const message = Type.Object(fields);

export const listMessagesQuery = Type.Object({
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'Messages after this number.' }),
  ),
  before: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_648, description: 'Messages before this number.' }),
  ),
  limit,
});

/** `next` is the number for `after` when the page was asked for with it, else the number for `before`. */
export const messageList = Type.Object({ data: Type.Array(message), next: nullable(number) });

export const searchQuery = pageQuery({
  q: nonBlank(200, { description: 'Words or parts of words, without case; all must match.' }),
});

export const searchList = listOf(
  Type.Object({
    ...fields,
    highlights: Type.Array(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 2, maxItems: 2 }), {
      description: '[start, end) of each match in `body`, in characters (code points).',
    }),
  }),
);

const step = Type.Object({
  name: Type.Unsafe<string>({
    type: 'string',
    enum: ['accepted', 'persisted', 'failed', 'published', 'replied', 'delivered'],
  }),
  at: timestamp,
});

export const trace = Type.Object({
  number,
  state: Type.Unsafe<'accepted' | 'persisted' | 'failed'>({
    type: 'string',
    enum: ['accepted', 'persisted', 'failed'],
  }),
  steps: Type.Array(step),
});
