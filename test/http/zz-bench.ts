import http from 'node:http';
import { pino } from 'pino';
import { Type } from 'typebox';
import { createTokenSigner } from '../../src/auth/tokens.ts';
import { createApp } from '../../src/http/app.ts';
import { createAuthenticate } from '../../src/http/authenticate.ts';
import { defineRoute } from '../../src/http/define-route.ts';
import { nonBlank } from '../../src/http/schemas/common.ts';

const secret = 'x'.repeat(40);
const authenticate = createAuthenticate({
  secret,
  operatorToken: 'operator-token-1234',
  isRevoked: () => false,
});
const route = defineRoute({
  method: 'POST',
  path: '/applications/:token/chats/:number/messages',
  summary: '',
  tag: 'x',
  roles: ['application', 'customer'],
  body: Type.Object({
    body: nonBlank(10000),
    author_type: Type.Optional(Type.String()),
    max_price: Type.Optional(Type.Integer()),
  }),
  responses: {},
  handler: ({ params, body }) => ({
    status: 201,
    body: {
      number: 1,
      chat_number: params.number,
      body: body.body,
      author_type: 'customer',
      author: null,
      created_at: new Date().toISOString(),
      updated_at: '2026',
      edited_at: null,
      deleted_at: null,
    },
    headers: { Location: '/x' },
  }),
});
const others = [...Array(100)].map((_, i) =>
  defineRoute({
    method: 'GET',
    path: `/applications/:token/thing${i}/:n`,
    summary: '',
    tag: 'x',
    roles: 'public',
    responses: {},
    handler: () => ({ status: 200 }),
  }),
);
const app = createApp({
  config: { NODE_ENV: 'test', BASE_PATH: '', TRUST_PROXY: 0, CORS_ORIGINS: [] },
  routes: [...others, route],
  authenticate,
  log: pino({ level: 'info' }),
  metrics: { observe() {} },
});
const cb = app.callback();
const mode = process.argv[2];
const server = http.createServer(
  mode === 'bare'
    ? (req, res) => {
        req.on('data', () => {});
        req.on('end', () => {
          res.setHeader('Content-Type', 'application/json');
          res.end('{"number":1}');
        });
      }
    : cb,
);
server.listen(0, '127.0.0.1', () => {
  process.send?.({
    port: (server.address() as any).port,
    token: createTokenSigner(secret).sign({ sub: 'u', app: 'lobby', role: 'application', jti: 'j' }, null),
  });
});
process.on('message', () => {
  const u = process.cpuUsage();
  process.send?.({ cpu: u.user + u.system });
});
process.on('disconnect', () => process.exit());
