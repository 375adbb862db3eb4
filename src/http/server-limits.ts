// The server around the app: how long and how much a client may take, and answers to what never becomes a request.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type Koa from 'koa';
import { problemType } from './problem.ts';
import { MAX_BODY } from './read-body.ts';
import { requestIdOf } from './request-id.ts';

/** Times in milliseconds. A slow sender is gone within 15 s: 14 s for the request and 1 s until the next look. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 14_000,
  connectionsCheckingInterval: 1000,
  // Longer than the 60 s that proxies keep an idle connection, so that they, not we, close it.
  keepAliveTimeout: 65_000,
  /** Bytes of all headers together. */
  maxHeaderSize: 16_384,
  // The app refuses a missing Host itself, as a problem like any other.
  requireHostHeader: false,
};

/** Sockets of one process; beyond them new connections are dropped at once. */
const MAX_CONNECTIONS = 20_000;

interface ParserProblem {
  status: number;
  code: string;
  title: string;
}

const malformed: ParserProblem = {
  status: 400,
  code: 'malformed_request',
  title: 'The request is not valid HTTP',
};

const parserProblems: Record<string, ParserProblem> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', title: 'The headers are too large' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'body_too_large', title: 'The body is too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'request_timeout', title: 'The request took too long' },
};

/** A whole answer as text; there is no request and no response object to write it with. */
function rawAnswer({ status, code, title }: ParserProblem): string {
  const requestId = requestIdOf(undefined);
  const detail = `${title}.`;
  const body = JSON.stringify({
    type: problemType(code),
    title,
    status,
    detail,
    code,
    request_id: requestId,
  });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Whether an answer is already on its way on this socket; a second one would be read as the next. */
const isAnswering = (socket: Socket): boolean =>
  (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true;

function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  socket.end(rawAnswer(parserProblems[error.code ?? ''] ?? malformed), () => socket.destroy());
}

/** `Expect: 100-continue`: a body that will be refused for its size is not asked for. */
function onCheckContinue(server: Server): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (!(Number(request.headers['content-length']) > MAX_BODY)) response.writeContinue();
    server.emit('request', request, response);
  };
}

/** A server with the app behind it, its limits set, not yet listening. Sockets are upgraded by its owner. */
export function createHttpServer(app: Koa): Server {
  const server = createServer({ ...limits, keepAlive: true, noDelay: true }, app.callback());
  server.maxConnections = MAX_CONNECTIONS;
  server.on('checkContinue', onCheckContinue(server));
  server.on('clientError', (error, socket) => onClientError(error, socket as Socket));
  return server;
}

const explain = (error: NodeJS.ErrnoException, host: string, port: number): Error => {
  if (error.code === 'EADDRINUSE')
    return new Error(`Port ${port} on ${host} is in use; stop what listens there or set PORT.`, {
      cause: error,
    });
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL')
    return new Error(`Cannot listen on ${host}:${port} (${error.code}); check HOST and PORT.`, {
      cause: error,
    });
  return error;
};

/** Listens, and answers where. @throws Error that says what to do when the address cannot be had */
export function listen(server: Server, { host, port }: { host: string; port: number }): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(explain(error, host, port));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Between two looks for connections that have become idle while the server closes, in ms. */
const IDLE_LOOK_MS = 50;

/**
 * Stops listening and resolves when every request in hand is answered. A client that goes on sending over its
 * kept connection is told with an answer that this was the last one there; it would else keep the server open.
 */
export async function closeGently(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
  await closed;
  clearInterval(idle);
}
