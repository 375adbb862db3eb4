// JSON as a careful server reads it: JSON.parse decides what is valid, one scan of the text refuses the rest.
import { ProblemError } from '../lib/errors.ts';

/** Arrays and objects within each other; far beyond what any body here needs. */
export const MAX_DEPTH = 64;

/** Members of all objects together. A megabyte of tiny ones would hold the event loop for a tenth of a second. */
export const MAX_MEMBERS = 20_000;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

const refuse = (detail: string, cause?: unknown) => new ProblemError('invalid_json', detail, { cause });

/** Index of the quote that ends the string opened before `from`; the text's length when none does. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (before >= from && text.charCodeAt(before) === BACKSLASH) before--;
    if ((quote - before) % 2 === 1) return quote;
  }
  return text.length;
}

/** Counts the members written in the text, in time linear in its length. */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i + 1);
    else if (code === COLON) {
      if (++members > MAX_MEMBERS) throw refuse(`The body has more than ${MAX_MEMBERS} members.`);
    } else if (code === BRACE_OPEN || code === BRACKET_OPEN) {
      if (++depth > MAX_DEPTH) throw refuse(`The body nests deeper than ${MAX_DEPTH}.`);
    } else if (code === BRACE_CLOSE || code === BRACKET_CLOSE) depth--;
  }
  return members;
}

function countKeys(value: object): number {
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) keys += countKeys(item);
    return keys;
  }
  for (const key in value) {
    keys++;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null) keys += countKeys(item);
  }
  return keys;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse('The body is not valid JSON.', error);
  }
}

/**
 * Parses JSON like `JSON.parse`, and refuses duplicate keys in one object, nesting beyond `MAX_DEPTH`
 * and more than `MAX_MEMBERS` members.
 * A duplicate shows as more members in the text than keys in the value, whatever escapes spell the key.
 * @throws ProblemError `invalid_json`
 */
export function parseStrict(text: string): unknown {
  const members = countMembers(text);
  const value = parse(text);
  const keys = typeof value === 'object' && value !== null ? countKeys(value) : 0;
  if (keys !== members) throw refuse('An object of the body has the same key twice.');
  return value;
}
