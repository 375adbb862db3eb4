// Any error to a problem document. The only place that knows how the libraries below say "not now".
import { type ProblemCode, ProblemError, problems, unavailable } from '../lib/errors.ts';

// Postgres: lost or refused connections (08, 57P0x), no room (53), statement or lock timeouts, lost races, a
// standby that cannot write yet. Sockets and name look-ups: the store cannot be reached.
const TRANSIENT_SQLSTATE = /^(08\w{3}|53\w{3}|57P0[1-5]|57014|55P03|25P0[34]|25006|40001|40P01)$/;

const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const TRANSIENT_NAMES = new Set([
  'KnexTimeoutError',
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'AbortError',
  'RedisAbortError',
]);

// pg and ioredis give these errors neither a code nor a class, so their text is all there is to go by.
const TRANSIENT_MESSAGES = [
  'Connection terminated',
  'Connection is closed.',
  'Client has encountered a connection error',
  'Command timed out',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  "Stream isn't writeable and enableOfflineQueue options is false",
  'connect ETIMEDOUT',
  'Socket timeout.',
];

// What a Redis says that is loading, out of memory, a replica, or in the middle of a failover.
const TRANSIENT_REPLY = /^(LOADING|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|BUSY) /;

interface Thrown {
  name?: string;
  code?: unknown;
  message?: string;
  cause?: unknown;
  nativeError?: unknown;
}

function isTransient(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 3) return false;
  const { name = '', code, message = '', cause, nativeError } = error as Thrown;
  if (typeof code === 'string' && (TRANSIENT_CODES.has(code) || TRANSIENT_SQLSTATE.test(code))) return true;
  if (TRANSIENT_NAMES.has(name)) return true;
  if (name === 'ReplyError' ? TRANSIENT_REPLY.test(message) : startsTransient(message)) return true;
  return isTransient(nativeError, depth + 1) || isTransient(cause, depth + 1);
}

/** By themselves, or behind the statement that knex puts before them. */
const startsTransient = (message: string) =>
  TRANSIENT_MESSAGES.some((start) => message.startsWith(start) || message.includes(` - ${start}`));

/** Gives any error its place in the contract; what is not foreseen is `internal` and tells the client nothing. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (isTransient(error)) return unavailable('A store cannot be reached; please try again.', 1, error);
  return new ProblemError('internal', 'The request could not be completed.', { cause: error });
}

/** The URI that names a kind of problem. */
export const problemType = (code: string): string => `urn:anteroom:problem:${code}`;

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
}

/** The document of an error as api.md states it. */
export function presentProblem(error: ProblemError, requestId: string): ProblemDocument {
  const { code, status, message, errors, fields } = error;
  return {
    ...fields,
    type: problemType(code),
    title: problems[code as ProblemCode].title,
    status,
    detail: message,
    code,
    request_id: requestId,
    ...(errors ? { errors } : {}),
  };
}
