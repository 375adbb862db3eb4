// One route as a middleware: identify, check, read, handle, answer. All that can be prepared is prepared once.
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import { unavailable } from '../lib/errors.ts';
import { within } from '../lib/within.ts';
import type { Authenticate } from './authenticate.ts';
import { createAuthorize } from './authorize.ts';
import type { Reply, Route } from './define-route.ts';
import { createIdempotency, type Idempotency } from './idempotency.ts';
import { stateOf } from './middleware/envelope.ts';
import { createQueryReader } from './query.ts';
import { readBody } from './read-body.ts';
import { createParamsReader } from './route-params.ts';
import { HandledRequest, REQUEST_MS } from './route-request.ts';
import { sendReply } from './send.ts';
import { createCheck } from './validate.ts';

export interface ServeDeps {
  authenticate: Authenticate;
  log: Logger;
  /** Number of trusted proxies. */
  proxies: number;
}

/** The token of `Authorization: Bearer`, its scheme in any case; other schemes are not ours and count as none. */
function bearerOf(header: string | undefined): string | null {
  if (header === undefined || !/^bearer\b/i.test(header)) return null;
  return header.slice(6).trim();
}

const queryOf = (url: string): string => {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
};

/** Reads the header on the routes that take it; nothing is hashed without one. */
function createKeyReader({ method, idempotent }: Route) {
  const takesKeys = method === 'POST' && idempotent !== false;
  return (ctx: Context, principal: Principal | null, body: unknown): Idempotency | null => {
    const key = ctx.req.headers['idempotency-key'];
    if (!takesKeys || typeof key !== 'string') return null;
    return createIdempotency({ key, principal, method, path: ctx.path, body });
  };
}

/** A store that hangs must not keep the client waiting; what becomes of the work is then unknown. */
const inTime = (reply: Promise<Reply> | Reply, deadline: number): Promise<Reply> | Reply =>
  reply instanceof Promise
    ? within(deadline - performance.now(), reply, () => unavailable('A store takes too long to answer.'))
    : reply;

/** Compiles a route. Its checks run in the order in which a client should hear of its faults. */
export function serveRoute(route: Route, { authenticate, log, proxies }: ServeDeps): Middleware {
  const readParams = createParamsReader(route.path, route.params);
  const authorize = createAuthorize(route);
  const readQuery = createQueryReader(route.query);
  const readKey = createKeyReader(route);
  const bodyRules = { optional: route.bodyOptional === true, form: route.form === true };
  const checkBody = route.body === null ? null : createCheck(route.body, '/body');

  return async (ctx) => {
    const state = stateOf(ctx);
    state.route = route.path;
    const bearer = bearerOf(ctx.req.headers.authorization);
    // Nearly every token is known already; waiting for a value that is there would cost a turn.
    const identified = bearer === null ? null : authenticate(bearer);
    const principal = identified instanceof Promise ? await identified : identified;
    if (principal === null) authorize(null, undefined);
    const params = readParams(ctx.params);
    authorize(principal, params.token);
    const query = readQuery(queryOf(ctx.req.url!));
    const body = checkBody === null ? undefined : await readBody(ctx.req, bodyRules);
    const idempotency = readKey(ctx, principal, body);
    checkBody?.(body);
    const { requestId } = state;
    const deadline = performance.now() + REQUEST_MS;
    const request = new HandledRequest({
      ...{ req: ctx.req, params, query, body, principal, requestId, deadline, idempotency },
      ...{ baseLog: log, proxies },
    });
    sendReply(ctx, await inTime(route.handler(request), request.deadline));
  };
}
