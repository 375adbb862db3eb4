// Opaque cursors: where the next page of a list begins, in a form that clients keep but never read.
import type { Static, TSchema } from 'typebox';
import { invalid } from '../lib/errors.ts';
import { compile } from './validate.ts';

/** Raised when the meaning of positions changes; cursors from before then are refused, not misread. */
const VERSION = 1;

export interface Cursor<Position> {
  encode(position: Position): string;
  /** Null for no cursor at all. @throws ProblemError `validation_failed` at `/query/cursor` */
  decode(text: string | undefined): Position | null;
}

function parse(text: string): { v?: unknown; list?: unknown; at?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Makes the cursors of one kind of list; those of another list, or changed ones, are refused. */
export function createCursor<Schema extends TSchema>(list: string, position: Schema): Cursor<Static<Schema>> {
  const fits = compile(position);
  return {
    encode: (at) => Buffer.from(JSON.stringify({ v: VERSION, list, at })).toString('base64url'),
    decode(text) {
      if (text === undefined) return null;
      const cursor = parse(text);
      if (cursor.v !== VERSION || cursor.list !== list || !fits(cursor.at))
        throw invalid('/query/cursor', 'is not a cursor of this list');
      return cursor.at as Static<Schema>;
    },
  };
}
