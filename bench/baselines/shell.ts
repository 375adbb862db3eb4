// What the three baselines share: a plain Koa app with one route. The bearer is checked by the product's own function,
// with its memory of verified tokens (BENCH_AUTH=koa-jwt: by plain koa-jwt on every request), the body by ajv against
// the product's own schema, and the answer has the product's form. So what differs is only the way of writing.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import koaJwt from 'koa-jwt';
import { ALGORITHM, AUDIENCE, type Claims, ISSUER, tokenKey } from '../../src/auth/tokens.ts';
import { createAuthenticate } from '../../src/http/authenticate.ts';
import { createMessageBody } from '../../src/http/schemas/message.ts';
import { createCheck } from '../../src/http/validate.ts';
import { setting } from './settings.ts';

export interface NewMessage {
  chat: number;
  body: string;
  authorType: string;
  /** Milliseconds. */
  at: number;
}

/** Puts the caller's application into `ctx.state.app`, or answers 401. */
function remembered(secret: string): Middleware {
  const authenticate = createAuthenticate({ secret, operatorToken: '', isRevoked: () => false });
  return async (ctx, next) => {
    const [, bearer = ''] = /^bearer (.+)/i.exec(ctx.req.headers.authorization ?? '') ?? [];
    const known = authenticate(bearer);
    ctx.state.app = (known instanceof Promise ? await known : known).app;
    return next();
  };
}

function plain(secret: string): Middleware {
  const verify = koaJwt({
    // Its types know no KeyObject, jsonwebtoken does.
    secret: tokenKey(secret) as unknown as Buffer,
    ...{ algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE, key: 'claims' },
  });
  return (ctx, next) =>
    verify(ctx as never, () => {
      ctx.state.app = (ctx.state.claims as Claims).app;
      return next();
    }) as Promise<unknown>;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  await once(request, 'end');
  return JSON.parse(Buffer.concat(chunks).toString());
}

const checkBody = createCheck(createMessageBody, '/body');

/** Serves until SIGTERM; `create` takes the number. `stop` ends what it works with. */
export async function serve(
  create: (message: NewMessage) => Promise<number> | number,
  stop: () => Promise<unknown> = async () => {},
): Promise<void> {
  const secret = setting('JWT_SECRET');
  const app = new Koa();
  const router = new Router();
  router.get('/readyz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.post(
    '/applications/:token/chats/:number/messages',
    setting('BENCH_AUTH') === 'koa-jwt' ? plain(secret) : remembered(secret),
    async (ctx) => {
      const { token, number: chat } = ctx.params as { token: string; number: string };
      if (ctx.state.app !== token) ctx.throw(403);
      const given = (await readJson(ctx.req)) as { body: string; author_type?: string };
      checkBody(given);
      const at = Date.now();
      const authorType = given.author_type ?? 'customer';
      const number = await create({ chat: Number(chat), body: given.body, authorType, at });
      const time = new Date(at).toISOString();
      ctx.status = 201;
      ctx.set('Location', `/applications/${token}/chats/${chat}/messages/${number}`);
      ctx.body = {
        ...{ number, chat_number: Number(chat), body: given.body, author_type: authorType, author: null },
        ...{ created_at: time, updated_at: time, edited_at: null, deleted_at: null },
      };
    },
  );
  app.use(router.routes() as unknown as Middleware);
  const server = app.listen(Number(setting('PORT')), '127.0.0.1');
  process.once('SIGTERM', () => {
    server.closeAllConnections();
    server.close(() => void stop().finally(() => process.exit(0)));
  });
}
