// Query strings: parsed here, because ctx.query costs quadratic time on a hostile one.
import type { TSchema } from 'typebox';
import { type FieldError, invalid, ProblemError } from '../lib/errors.ts';
import { checkSound, pointerStep } from './checks.ts';
import { createCheck } from './validate.ts';

type Coerce = (text: string) => unknown;

// Whole numbers in their one usual spelling: no sign but a minus, no leading zero, no exponent, no blanks.
const asInteger: Coerce = (text) => (/^(0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text);
const asBoolean: Coerce = (text) => (text === 'true' ? true : text === 'false' ? false : text);

const coercions: Record<string, Coerce> = { integer: asInteger, boolean: asBoolean };

function coercionsOf(schema: TSchema): Map<string, Coerce> {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {};
  const found = new Map<string, Coerce>();
  for (const [name, { type }] of Object.entries(properties)) {
    const coerce = coercions[type ?? ''];
    if (coerce) found.set(name, coerce);
  }
  return found;
}

const badEncoding: FieldError = { path: '/query', message: 'is not valid percent-encoding' };

function checkEncoding(text: string): void {
  if (!text.includes('%')) return;
  try {
    decodeURIComponent(text);
  } catch (cause) {
    throw new ProblemError('validation_failed', '/query is not valid percent-encoding', {
      errors: [badEncoding],
      cause,
    });
  }
}

/** Reads a query string into strings by name. A name given twice is refused, as no route wants one twice. */
export function parseQuery(text: string): Record<string, unknown> {
  checkEncoding(text);
  // Without a prototype, `__proto__` is a name like any other, and as unknown.
  const query: Record<string, unknown> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in query) throw invalid(`/query/${pointerStep(name)}`, 'is given more than once');
    query[name] = value;
  }
  checkSound(query, '/query');
  return query;
}

/** Compiles a query schema into a reader: integers and booleans are coerced, all else stays text. */
export function createQueryReader(schema: TSchema): (text: string) => Record<string, unknown> {
  const check = createCheck(schema, '/query');
  const coerced = coercionsOf(schema);
  return (text) => {
    const query = text === '' ? {} : parseQuery(text);
    for (const [name, coerce] of coerced) {
      const value = query[name];
      if (typeof value === 'string') query[name] = coerce(value);
    }
    check(query);
    return query;
  };
}
