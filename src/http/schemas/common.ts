// Schema pieces that every resource uses: how tokens, numbers, times, lists and problems look on the wire.
import { type Static, type TProperties, type TSchema, type TString, Type } from 'typebox';
import { type ProblemCode, problems } from '../../lib/errors.ts';

const uuidPattern = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** An application's token: `lobby` or a UUID in lower case. */
export const token = Type.String({
  pattern: `^(lobby|${uuidPattern})$`,
  description: 'Token of the application.',
});

export const uuid = Type.String({ pattern: `^${uuidPattern}$`, format: 'uuid' });

/** A number of a chat or a message; it fits a Postgres `integer`. */
export const number = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

/** A time as every answer writes it, RFC 3339 in UTC. */
export const timestamp = Type.String({ format: 'date-time', examples: ['2026-01-31T09:30:00.000Z'] });

export const nullable = <Item extends TSchema>(item: Item) => Type.Union([item, Type.Null()]);

/** Text with at least one non-space character; lengths count code points. */
export const nonBlank = (maxLength: number, rest: object = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', ...rest });

export const limit = Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Items per page.' });

export const cursor = Type.String({
  minLength: 1,
  maxLength: 500,
  description: '`next` of the page before this one.',
});

/** The query of a paged list: `limit`, `cursor` and what the list filters by. */
export const pageQuery = <Filters extends TProperties>(filters: Filters) =>
  Type.Object({ ...filters, limit, cursor: Type.Optional(cursor) });

/** A page: `data` and what leads to the next page, null on the last one; a cursor unless `next` says otherwise. */
export const listOf = <Item extends TSchema, Next extends TSchema = TString>(
  item: Item,
  next: Next = Type.String() as TSchema as Next,
) => Type.Object({ data: Type.Array(item), next: nullable(next) });

/** The document of every error, RFC 9457. Some codes add members, such as `price` and `balance`. */
export const problem = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String(),
    code: Type.Unsafe<ProblemCode>({ type: 'string', enum: Object.keys(problems) }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
        description: 'JSON pointers into the request and what is wrong there.',
      }),
    ),
  },
  { additionalProperties: true },
);

export type Problem = Static<typeof problem>;
