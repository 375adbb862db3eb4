// The API's description, for machines at /openapi.json and for people at /docs. Nothing comes from another host.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Type } from 'typebox';
import { notFound } from '../../lib/errors.ts';
import { defineRoute, type Reply, type Route, type RouteRequest } from '../define-route.ts';
import { type ApiInfo, buildOpenApi } from '../openapi.ts';

/** Scripts and styles from here only, none inline; Swagger UI draws its icons from data: URLs. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

interface Asset {
  type: string;
  read: () => Buffer;
}

const installed = (name: string) => () => readFileSync(join(folder, name));

const page = (base: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Anteroom API</title>
    <link rel="stylesheet" href="${base}/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="${base}/docs/favicon-32x32.png" sizes="32x32">
  </head>
  <body>
    <div id="docs"></div>
    <script src="${base}/docs/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/initializer.js"></script>
  </body>
</html>
`;

// validatorUrl is null because Swagger UI would else ask a validator on the internet about our document.
const initializer = (base: string): string => `window.ui = SwaggerUIBundle({
  url: '${base}/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
});
`;

/** The only files that are served, whatever else the package holds. */
const assetsOf = (base: string): Map<string, Asset> =>
  new Map([
    ['swagger-ui.css', { type: 'text/css; charset=utf-8', read: installed('swagger-ui.css') }],
    [
      'swagger-ui-bundle.js',
      { type: 'text/javascript; charset=utf-8', read: installed('swagger-ui-bundle.js') },
    ],
    ['favicon-32x32.png', { type: 'image/png', read: installed('favicon-32x32.png') }],
    [
      'initializer.js',
      { type: 'text/javascript; charset=utf-8', read: () => Buffer.from(initializer(base)) },
    ],
  ]);

/** Answers content that changes only with a release: kept for an hour, then asked for by its tag. */
function createStaticReply(type: string, read: () => Buffer): (request: RouteRequest) => Reply {
  let kept: { content: Buffer; etag: string } | null = null;
  const load = () => {
    const content = read();
    return { content, etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"` };
  };
  return ({ headers }) => {
    kept ??= load();
    const rest = {
      ETag: kept.etag,
      'Cache-Control': 'public, max-age=3600',
      'Content-Security-Policy': PAGE_POLICY,
    };
    if (headers['if-none-match'] === kept.etag) return { status: 304, headers: rest };
    return { status: 200, body: kept.content, headers: { ...rest, 'Content-Type': type } };
  };
}

const shown = { method: 'GET', tag: 'Documentation', roles: 'public', hidden: true } as const;

/** Anything may follow a `?` here: browsers and proxies add parameters to what they cache. */
const anyQuery = Type.Object({}, { additionalProperties: true });

const pageRoute = (base: string): Route =>
  defineRoute({
    ...shown,
    path: '/docs',
    summary: 'The API as a page',
    query: anyQuery,
    responses: { 200: { description: 'The page.', contentType: 'text/html' } },
    handler: createStaticReply('text/html; charset=utf-8', () => Buffer.from(page(base))),
  });

function assetRoute(base: string): Route {
  const replies = new Map(
    [...assetsOf(base)].map(([name, { type, read }]) => [name, createStaticReply(type, read)] as const),
  );
  return defineRoute({
    ...shown,
    path: '/docs/:file',
    summary: 'A file of the page',
    query: anyQuery,
    responses: { 200: { description: 'The file.', contentType: 'application/octet-stream' } },
    handler(request) {
      const reply = replies.get(request.params.file);
      if (!reply) throw notFound('file');
      return reply(request);
    },
  });
}

/** The routes that describe `routes` and themselves; to be served beside them. */
export function docsRoutes(routes: readonly Route[], info: ApiInfo): Route[] {
  const document: Route = defineRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    tag: 'Operations',
    roles: 'public',
    responses: {
      200: { description: 'OpenAPI 3.1.', schema: Type.Object({}, { additionalProperties: true }) },
    },
    handler: (): Reply => ({ status: 200, body: text, headers: { 'Content-Type': 'application/json' } }),
  });
  const text: string = JSON.stringify(buildOpenApi([...routes, document], info));
  return [document, pageRoute(info.basePath), assetRoute(info.basePath)];
}
