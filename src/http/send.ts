// Writes answers. JSON goes out in one write; only streams take Koa's longer way.
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { ProblemError } from '../lib/errors.ts';
import type { Reply } from './define-route.ts';
import { presentProblem } from './problem.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

function setHeaders(ctx: Context, headers: Record<string, string | string[]> | undefined): void {
  if (headers) for (const name in headers) ctx.res.setHeader(name, headers[name]!);
}

/** Koa's own `respond` would look everything up again; the answer is complete here. */
function end(ctx: Context, status: number, body?: string | Buffer): void {
  ctx.respond = false;
  ctx.res.statusCode = status;
  ctx.res.end(body);
}

/** Sends what a handler answered. Headers of the reply replace those that the shell has set. */
export function sendReply(ctx: Context, { status, body, headers }: Reply): void {
  // A client that has gone, or an answer that is already under way, is nothing to write to.
  if (ctx.res.headersSent || ctx.res.destroyed) return;
  if (body instanceof Readable) {
    ctx.status = status;
    ctx.body = body;
    setHeaders(ctx, headers);
    return;
  }
  if (body === undefined || body === null) {
    setHeaders(ctx, headers);
    end(ctx, status);
    return;
  }
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  if (!isRaw) ctx.res.setHeader('Content-Type', JSON_TYPE);
  setHeaders(ctx, headers);
  end(ctx, status, isRaw ? body : JSON.stringify(body));
}

/** How long and how many bytes a client may still send after its body was refused. */
const LINGER_MS = 2000;
const LINGER_BYTES = 8_388_608;

/**
 * Ends an answer to a client that is still sending. Closing at once would reset the connection, and the client would
 * never see the answer; so the rest is dropped for a moment first, within bounds.
 */
function endLingering({ req, res, socket }: Context, body: string): void {
  let dropped = 0;
  const close = () => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(close, LINGER_MS);
  res.write(body);
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) req.pause();
  });
  req.once('end', close);
  req.once('close', close);
  socket.once('close', close);
  req.resume();
}

/** Sends a problem document. */
export function sendProblem(ctx: Context, error: ProblemError, requestId: string): void {
  if (ctx.res.headersSent || ctx.res.destroyed) return;
  const body = JSON.stringify(presentProblem(error, requestId));
  setHeaders(ctx, error.headers);
  ctx.res.setHeader('Content-Type', 'application/problem+json');
  if (error.code !== 'body_too_large' || ctx.req.complete) {
    end(ctx, error.status, body);
    return;
  }
  ctx.respond = false;
  ctx.res.statusCode = error.status;
  ctx.res.setHeader('Connection', 'close');
  ctx.res.setHeader('Content-Length', Buffer.byteLength(body));
  endLingering(ctx, body);
}
