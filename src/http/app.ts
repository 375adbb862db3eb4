// The HTTP application: a Koa app made from the route table. It never listens and never reads the environment.
import Koa, { type Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.ts';
import { notFound, ProblemError } from '../lib/errors.ts';
import type { Authenticate } from './authenticate.ts';
import type { Route } from './define-route.ts';
import { checkUri } from './middleware/check-uri.ts';
import { cors } from './middleware/cors.ts';
import { envelope, type HttpMetrics } from './middleware/envelope.ts';
import { IndexedRouter } from './router.ts';
import { type ServeDeps, serveRoute } from './serve-route.ts';

export interface AppDeps {
  config: Pick<Config, 'NODE_ENV' | 'BASE_PATH' | 'TRUST_PROXY' | 'CORS_ORIGINS'>;
  routes: readonly Route[];
  authenticate: Authenticate;
  log: Logger;
  metrics?: HttpMetrics;
  /** Guests that speak Koa themselves, such as a dashboard; they come after the URI checks, before the routes. */
  middleware?: readonly Middleware[];
}

const byMethod = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Two routes of one place would hide each other; `:a` and `:b` are the same place. */
function checkDistinct(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    const place = `${method} ${path.replace(/:\w+/g, ':')}`;
    if (seen.has(place)) throw new Error(`Two routes for ${method} ${path}`);
    seen.add(place);
  }
}

function createRouter(routes: readonly Route[], deps: ServeDeps): IndexedRouter {
  checkDistinct(routes);
  const router = new IndexedRouter({ sensitive: true });
  for (const route of routes) router[byMethod[route.method]](route.path, serveRoute(route, deps) as never);
  router.index();
  return router;
}

/** What no route has taken: 405 for a known path, 404 for any other. `OPTIONS` is answered for every known path. */
const unmatched: Middleware = (ctx) => {
  const layers: { methods: string[] }[] = ctx.matched ?? [];
  if (layers.length === 0) throw notFound('path');
  const allow = [...new Set(['OPTIONS', ...layers.flatMap(({ methods }) => methods)])].sort().join(', ');
  if (ctx.method !== 'OPTIONS')
    throw new ProblemError('method_not_allowed', `Allowed here: ${allow}.`, { headers: { Allow: allow } });
  ctx.set('Allow', allow);
  ctx.status = 204;
};

/** Builds the app. Routes are compiled here, so a schema that is not valid stops the start. */
export function createApp({ config, routes, authenticate, log, metrics, middleware = [] }: AppDeps): Koa {
  const app = new Koa({ env: config.NODE_ENV });
  const proxies = config.TRUST_PROXY;
  app.use(envelope({ log, metrics, proxies }));
  if (config.CORS_ORIGINS.length > 0) app.use(cors(config.CORS_ORIGINS));
  app.use(checkUri(config.BASE_PATH));
  for (const guest of middleware) app.use(guest);
  app.use(createRouter(routes, { authenticate, log, proxies }).routes() as unknown as Middleware);
  app.use(unmatched);
  // What fails after an answer has begun, such as a stream cut off by its reader.
  app.on('error', (err: unknown) => log.debug({ err }, 'answer not completed'));
  return app;
}
