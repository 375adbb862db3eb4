// The id that a request carries through logs and answers.
import { randomUUID } from 'node:crypto';

// Nothing that could end a log line, a header or a quoted string.
const SAFE = /^[\w.:/+=@-]{1,128}$/;

/** The caller's own `X-Request-Id` when it is safe to repeat, else a fresh one. */
export const requestIdOf = (given: string | string[] | undefined): string =>
  typeof given === 'string' && SAFE.test(given) ? given : randomUUID();
