// Headers that make an answer useless as a page, a frame or a cached copy.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Of API answers: nothing may be loaded, framed, sniffed or stored. A route's own headers replace them. */
const apiHeaders: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
];

/** One year. Sent only over TLS, where browsers heed it. */
const HSTS = 'max-age=31536000; includeSubDomains';

/** Whether the client's own connection is TLS, as the trusted proxy in front says. */
const isSecure = (request: IncomingMessage): boolean => {
  const proto = request.headers['x-forwarded-proto'];
  return typeof proto === 'string' && /(^|,)\s*https$/i.test(proto);
};

export function setSecurityHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  behindProxy: boolean,
): void {
  for (const [name, value] of apiHeaders) response.setHeader(name, value);
  if (behindProxy && isSecure(request)) response.setHeader('Strict-Transport-Security', HSTS);
}
