// The outermost middleware: every request gets an id, every error a problem document, every answer its log line.
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { toProblem } from '../problem.ts';
import { ClientGoneError } from '../read-body.ts';
import { requestIdOf } from '../request-id.ts';
import { setSecurityHeaders } from '../security-headers.ts';
import { sendProblem } from '../send.ts';

/** Durations by route template, never by path: paths hold tokens and are without number. */
export interface HttpMetrics {
  observe(method: string, route: string, status: number, seconds: number): void;
}

/** What the shell keeps about a request. */
export interface ShellState {
  requestId: string;
  /** `performance.now()` at its arrival. */
  startedAt: number;
  /** Template of the matched route. */
  route: string;
}

export const stateOf = (ctx: Context): ShellState => ctx.state as ShellState;

interface EnvelopeDeps {
  log: Logger;
  metrics?: HttpMetrics | undefined;
  /** Number of trusted proxies. */
  proxies: number;
}

/** What nginx logs for a client that left before the answer. */
const CLIENT_GONE = 499;

/** Answers an error, and returns the status to log. */
function answer(ctx: Context, error: unknown, log: Logger): number {
  const { requestId, route } = stateOf(ctx);
  if (error instanceof ClientGoneError) {
    ctx.respond = false;
    return CLIENT_GONE;
  }
  const problem = toProblem(error);
  if (problem.code === 'internal')
    log.error({ err: error, request_id: requestId, method: ctx.method, route }, 'request failed');
  else if (problem.code === 'unavailable' && problem.cause instanceof Error)
    log.warn({ request_id: requestId, route, reason: problem.cause.message }, 'store unavailable');
  sendProblem(ctx, problem, requestId);
  return problem.status;
}

function report(ctx: Context, status: number, { log, metrics }: EnvelopeDeps): void {
  const { requestId, route, startedAt } = stateOf(ctx);
  const ms = performance.now() - startedAt;
  metrics?.observe(ctx.method, route, status, ms / 1000);
  if (status < 500 && !log.isLevelEnabled('debug')) return;
  const line = { request_id: requestId, method: ctx.method, route, status, ms: Math.round(ms * 100) / 100 };
  // 503 is how an outage of the stores looks from here: many, and each of them foreseen.
  if (status === 503) log.info(line, 'answered');
  else if (status >= 500) log.warn(line, 'answered');
  else log.debug(line, 'answered');
}

/** Makes the outermost middleware. */
export function envelope(deps: EnvelopeDeps): Middleware {
  return async (ctx, next) => {
    const { req, res } = ctx;
    const state = stateOf(ctx);
    state.startedAt = performance.now();
    state.requestId = requestIdOf(req.headers['x-request-id']);
    state.route = 'unmatched';
    res.setHeader('X-Request-Id', state.requestId);
    setSecurityHeaders(req, res, deps.proxies > 0);
    let status: number;
    try {
      await next();
      status = res.statusCode;
    } catch (error) {
      status = answer(ctx, error, deps.log);
    }
    report(ctx, status, deps);
  };
}
