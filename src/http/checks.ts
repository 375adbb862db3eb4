// What no schema says but every value must keep: text that Postgres can store, keys and numbers that mean one thing.
import { type FieldError, ProblemError } from '../lib/errors.ts';

// Part of V8 since Node 20; TypeScript knows it only from es2024 on.
type Text = string & { isWellFormed(): boolean };

const isStorable = (text: string) => (text as Text).isWellFormed() && !text.includes('\0');

// Names that reach an object's prototype where code is careless; no field here is called so.
const isForbiddenKey = (key: string) =>
  key === '__proto__' || key === 'constructor' || key === 'prototype' || !isStorable(key);

// What JSON.parse reads 2^53 + 1 or 1e999 as is not what was sent, and -0 does not come back as it went.
const isExact = (number: number) =>
  Number.isInteger(number) ? Number.isSafeInteger(number) && !Object.is(number, -0) : Number.isFinite(number);

/** True when the value holds only storable text, exact numbers and harmless keys, at any depth. */
function isSound(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value === 'number') return isExact(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSound);
  for (const key in value) {
    if (isForbiddenKey(key) || !isSound((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}

/** A key as one step of a JSON pointer, safe to send back whatever it held. */
export const pointerStep = (key: string): string =>
  Buffer.from(key.slice(0, 100)).toString().replaceAll('\0', '�').replaceAll('~', '~0').replaceAll('/', '~1');

function fault(value: unknown, path: string): FieldError | null {
  if (typeof value === 'string' && !isStorable(value))
    return { path, message: 'must hold neither NUL nor a lone surrogate' };
  if (typeof value === 'number' && !isExact(value))
    return { path, message: 'must be a number that can be kept exactly' };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, item] of Object.entries(value)) {
    const at = `${path}/${pointerStep(key)}`;
    if (!Array.isArray(value) && isForbiddenKey(key)) return { path: at, message: 'is not an allowed key' };
    const found = fault(item, at);
    if (found) return found;
  }
  return null;
}

/**
 * Passes a parsed value on, or refuses it naming the first faulty place. The path is only built after a fault.
 * @throws ProblemError `validation_failed`
 */
export function checkSound(value: unknown, root: string): void {
  if (isSound(value)) return;
  const found = fault(value, root) ?? { path: root, message: 'is not allowed' };
  throw new ProblemError('validation_failed', `${found.path} ${found.message}`, { errors: [found] });
}
