// Which pages of other origins may call the API.
import koaCors from '@koa/cors';
import type { Middleware } from 'koa';

const exposed = [
  'X-Request-Id',
  'Location',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'RateLimit-Policy',
  'Idempotent-Replayed',
  'Link',
];

/** Seconds that a browser may keep the answer to a preflight. */
const MAX_AGE = 600;

/**
 * Makes the middleware for a list of origins; `*` stands for any. Credentials are never allowed: callers of other
 * origins send a bearer token, and cookies stay with our own pages.
 */
export function cors(origins: readonly string[]): Middleware {
  const any = origins.includes('*');
  const allowed = new Set(origins);
  return koaCors({
    origin: (ctx) => (any ? '*' : allowed.has(ctx.get('Origin')) ? ctx.get('Origin') : ''),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id', 'X-Session'],
    exposeHeaders: exposed,
    maxAge: MAX_AGE,
    // Our own error handler leaves headers alone, so nothing has to travel on the error.
    keepHeadersOnError: false,
  });
}
