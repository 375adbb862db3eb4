// Idempotency-Key: who asked, under which key, for what. Keeping and replaying answers is not decided here.
import { hash } from 'node:crypto';
import type { Principal } from '../auth/principal.ts';
import { invalid } from '../lib/errors.ts';

/** What makes two requests one: equal `keyHash` means the same key, equal `fingerprint` the same request. */
export interface Idempotency {
  /** `anonymous` for a caller without a bearer, whose long key stands for itself. */
  principal: string;
  /** 16 bytes of SHA-256 over principal, NUL and key. */
  keyHash: Buffer;
  /** 16 bytes of SHA-256 over method, path and canonical body. */
  fingerprint: Buffer;
}

/** Without a bearer the key is the only secret, so it must be hard to guess. */
const MIN_ANONYMOUS = 16;

const HASH_BYTES = 16;

const digest = (text: string): Buffer => hash('sha256', text, 'buffer').subarray(0, HASH_BYTES);

/** All keys of an application are one caller: a retry may come after a rotation. */
const principalOf = ({ app, id, role }: Principal): string =>
  `${app ?? 'operator'}:${role === 'application' ? role : id}`;

/** The same text for the same JSON value, in whatever order its keys came. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join()}}`;
}

function checkKey(key: string, principal: Principal | null): void {
  // Header names have no place in a body or query, so they stand below /header.
  if (!/^[\x20-\x7e]{1,255}$/.test(key))
    throw invalid('/header/Idempotency-Key', 'must be 1 to 255 printable ASCII characters');
  if (principal === null && key.length < MIN_ANONYMOUS)
    throw invalid(
      '/header/Idempotency-Key',
      `must have ${MIN_ANONYMOUS} characters or more without a bearer`,
    );
}

/** `path` without base path, query and trailing slash; `body` as the client sent it, before defaults. */
export interface KeyedRequest {
  key: string;
  principal: Principal | null;
  method: string;
  path: string;
  body: unknown;
}

/** @throws ProblemError `validation_failed` for a key that is too long, too short or not printable */
export function createIdempotency({ key, principal, method, path, body }: KeyedRequest): Idempotency {
  checkKey(key, principal);
  const name = principal === null ? 'anonymous' : principalOf(principal);
  const place = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return {
    principal: name,
    keyHash: digest(`${name}\0${key}`),
    fingerprint: digest(`${method}\n${place}\n${canonicalJson(body)}`),
  };
}
