// A real server with a few routes, and raw sockets for what fetch is too polite to send.
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import type { Config } from '../../config/schema.ts';
import type { Principal, Role } from '../../src/auth/principal.ts';
import { createTokenSigner } from '../../src/auth/tokens.ts';
import { createApp } from '../../src/http/app.ts';
import { createAuthenticate } from '../../src/http/authenticate.ts';
import type { Route } from '../../src/http/define-route.ts';
import type { HttpMetrics } from '../../src/http/middleware/envelope.ts';
import { createHttpServer, listen } from '../../src/http/server-limits.ts';

export const SECRET = 'a secret that only this test suite knows';
export const OPERATOR = 'operator-token-of-the-tests';
export const APP = '11111111-1111-4111-8111-111111111111';
export const OTHER_APP = '22222222-2222-4222-8222-222222222222';

const signer = createTokenSigner(SECRET);

/** A good bearer of a role, with or without an end. */
export const bearer = (role: Role = 'application', app: string | null = APP, sub = 'someone'): string =>
  `Bearer ${signer.sign({ sub, app, role, jti: `jti-${sub}` }, role === 'application' ? null : 60)}`;

interface Options extends Partial<Pick<Config, 'BASE_PATH' | 'TRUST_PROXY' | 'CORS_ORIGINS'>> {
  isRevoked?: (principal: Principal) => boolean;
  metrics?: HttpMetrics;
}

export interface Served {
  url: string;
  port: number;
  /** Parsed log lines, oldest first. */
  logs: Record<string, unknown>[];
  close(): Promise<void>;
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Serves the routes on a free port of this machine. */
export async function serve(routes: Route[], options: Options = {}): Promise<Served> {
  const { isRevoked = () => false, metrics, ...settings } = options;
  const logs: Served['logs'] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logs.push(JSON.parse(line)) });
  const defaults = { NODE_ENV: 'test' as const, BASE_PATH: '', TRUST_PROXY: 0, CORS_ORIGINS: [] };
  const config = { ...defaults, ...settings };
  const authenticate = createAuthenticate({ secret: SECRET, operatorToken: OPERATOR, isRevoked });
  const app = createApp({ config, routes, authenticate, log, ...(metrics ? { metrics } : {}) });
  const server = createHttpServer(app);
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${port}`, port, logs, close: () => close(server) };
}

/** Sends bytes as they are and answers all that comes back until the server closes or `until` has come. */
export function raw(port: number, bytes: string | Buffer, until?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.test(text)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
export type Answer = any;

/** Posts JSON, or any text in its place. */
export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
