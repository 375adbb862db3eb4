// What a verdict of the reserve script means for the request that it is about.
import { notFound, ProblemError, unavailable } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Verdict } from './decode.ts';
import type { Pending } from './encode.ts';
import type { Missing } from './hydrate.ts';
import type { RateLimit } from './request.ts';

const MAX_RETRY_SECONDS = 30;

/**
 * Settles the request; `hydrate` is not for here, since it is no answer yet.
 * @param drainRate entries a second that Postgres takes of this shard at present
 */
export function deliver(
  item: Pending,
  verdict: Exclude<Verdict, { is: 'hydrate' }>,
  log: Logger,
  drainRate: number,
): void {
  switch (verdict.is) {
    case 'ok':
    case 'replay':
      item.resolve({
        number: verdict.number,
        at: verdict.at,
        kept: verdict.kept,
        replayed: verdict.is === 'replay',
      });
      break;
    case 'mismatch':
      item.reject(mismatch());
      break;
    case 'gone':
      item.reject(notFound(verdict.what === 'app' ? 'application' : 'chat'));
      break;
    case 'full':
      item.reject(
        unavailable('Too many writes are waiting for the database.', retryAfter(verdict.waiting, drainRate)),
      );
      break;
    case 'share':
      item.reject(shareFull(retryAfter(verdict.waiting, drainRate)));
      break;
    case 'rate':
      item.reject(rateLimited(verdict.waitMs, item.request.rate));
      break;
    case 'refused':
      log.error({ reason: verdict.why }, 'redis refused a write');
      item.reject(unavailable('Redis refuses writes.', 5));
  }
}

/** Settles the request with what Postgres remembers of its idempotency key. */
export function deliverKept(item: Pending, kept: { fingerprint: string; answer: string }): void {
  const [number, at, word = ''] = kept.answer.split(' ');
  if (kept.fingerprint !== item.request.idempotency?.fingerprint) item.reject(mismatch());
  else item.resolve({ number: Number(number), at: Number(at), kept: word, replayed: true });
}

export function rejectAll(items: Pending[], error: Error): void {
  for (const item of items) item.reject(error);
}

/** What must be brought from Postgres before the request can be judged. */
export function missingOf({ request }: Pending, what: Missing['what']): Missing {
  if (what === 'app') return { what, token: request.token };
  if (what === 'chat') return { what, token: request.token, chat: request.chat };
  return { what, hash: request.idempotency?.hash ?? '' };
}

const mismatch = () =>
  new ProblemError('idempotency_mismatch', 'This Idempotency-Key was used for another request.');

function rateLimited(waitMs: number, rate: RateLimit | null): ProblemError {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)));
  const limit: Record<string, string> = rate ? { 'RateLimit-Limit': String(rate.burst) } : {};
  return new ProblemError('rate_limited', 'Too many writes.', {
    headers: { 'Retry-After': seconds, ...limit, 'RateLimit-Remaining': '0', 'RateLimit-Reset': seconds },
  });
}

/** When what waits will be gone, 1 to about 30 s; not for all callers at the same moment. */
function retryAfter(waiting: number, drainRate: number): number {
  const seconds = drainRate > 0 ? waiting / drainRate : MAX_RETRY_SECONDS;
  return Math.max(1, Math.round(Math.min(MAX_RETRY_SECONDS, seconds) * (0.8 + 0.4 * Math.random())));
}

const shareFull = (seconds: number) =>
  new ProblemError('rate_limited', 'This application alone fills half of what may wait for the database.', {
    headers: { 'Retry-After': String(seconds) },
  });
