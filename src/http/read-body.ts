// Reads a request's JSON body: one type, one size, real UTF-8. Everything else is refused before it is parsed.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { invalid, ProblemError } from '../lib/errors.ts';
import { checkSound, pointerStep } from './checks.ts';
import { parseStrict } from './strict-json.ts';

/** Bytes of the largest body. */
export const MAX_BODY = 1_048_576;

/** The client went away before its request was whole; there is nobody to answer. */
export class ClientGoneError extends Error {
  constructor(cause?: unknown) {
    super('The client closed the connection', { cause });
    this.name = 'ClientGoneError';
  }
}

export interface BodyRules {
  /** No body at all counts as `{}`. */
  optional: boolean;
  /** Also takes a form. */
  form: boolean;
}

const tooLarge = () => new ProblemError('body_too_large', `The body is larger than ${MAX_BODY} bytes.`);

const JSON_TYPE = /^application\/json[ \t]*(;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?;?[ \t]*$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i;

/** The patterns above take quadratic time on long runs of blanks, which no honest client sends. */
const MAX_TYPE = 100;

const isJson = (type: string) => type === 'application/json' || JSON_TYPE.test(type);

function checkType({ headers }: IncomingMessage, rules: BodyRules): 'json' | 'form' {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new ProblemError('unsupported_media_type', 'A body must not be compressed.');
  const type = headers['content-type'] ?? '';
  if (type.length <= MAX_TYPE) {
    if (isJson(type)) return 'json';
    if (rules.form && FORM_TYPE.test(type)) return 'form';
  }
  throw new ProblemError(
    'unsupported_media_type',
    `The body must be application/json${rules.form ? ' or a form' : ''} in UTF-8.`,
  );
}

/**
 * Collects the body, and stops at once when it grows too large. A body that came in one piece, as nearly all do, is
 * handed on without a copy and without waiting for the end of the stream.
 * @throws ProblemError `body_too_large`; ClientGoneError
 */
export function readBytes(request: IncomingMessage): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  if (declared > MAX_BODY) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | null = null;
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size === declared && chunks === null) return resolve(chunk);
      if (size > MAX_BODY) {
        // Without its listener a flowing stream would throw the rest away at full speed.
        request.off('data', onData).pause();
        return reject(tooLarge());
      }
      if (chunks === null) chunks = [chunk];
      else chunks.push(chunk);
    };
    request.on('data', onData);
    request.on('end', () => resolve(chunks === null ? Buffer.alloc(0) : Buffer.concat(chunks, size)));
    request.on('error', (error) => reject(new ClientGoneError(error)));
  });
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new ProblemError('invalid_json', 'The body is not valid UTF-8.');
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function parseForm(text: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in fields) throw invalid(`/body/${pointerStep(name)}`, 'is given more than once');
    fields[name] = value;
  }
  return fields;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Reads and parses the body of a request; the value is sound (see checks.ts) but not yet held against a schema.
 * @throws ProblemError `unsupported_media_type`, `body_too_large`, `invalid_json` or `validation_failed`
 */
export async function readBody(request: IncomingMessage, rules: BodyRules): Promise<unknown> {
  if (rules.optional && !hasBody(request)) return {};
  const kind = checkType(request, rules);
  const text = decode(await readBytes(request));
  if (text === '' && rules.optional) return {};
  const value = kind === 'json' ? parseStrict(text) : parseForm(text);
  checkSound(value, '/body');
  return value;
}
