// The OpenAPI document, made from the routes that are served: what it says of a request is what is checked.
import { type TSchema, Type } from 'typebox';
import { type ProblemCode, problems } from '../lib/errors.ts';
import type { ResponseSpec, Route } from './define-route.ts';
import { paramsOf } from './route-params.ts';
import { problem } from './schemas/common.ts';
import { closed } from './validate.ts';

type Json = Record<string, unknown>;

export interface ApiInfo {
  version: string;
  basePath: string;
}

interface ObjectSchema {
  properties?: Record<string, TSchema & { description?: string }>;
  required?: string[];
}

const requestIdHeader = { $ref: '#/components/headers/RequestId' };

const hasParams = ({ path }: Route) => path.includes(':');
const takesKey = ({ method, idempotent }: Route) => method === 'POST' && idempotent !== false;

/** Every problem that the route can answer: those of the shell that its data calls for, then its own. */
export function problemCodes(route: Route): ProblemCode[] {
  // A query that the route does not know is refused everywhere, so that fault is possible everywhere.
  const codes: ProblemCode[] = ['validation_failed', 'unauthenticated', 'uri_too_long', 'internal'];
  codes.push('unavailable', 'rate_limited');
  if (route.body) codes.push('invalid_json', 'body_too_large', 'unsupported_media_type');
  if (route.roles !== 'public') codes.push('forbidden');
  if (hasParams(route)) codes.push('not_found');
  if (takesKey(route)) codes.push('idempotency_mismatch');
  return [...new Set([...codes, ...(route.problems ?? [])])];
}

const problemResponse = (codes: ProblemCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('; '),
  headers: { 'X-Request-Id': requestIdHeader, ...problemHeaders(codes) },
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { type: 'object', properties: { code: { enum: codes } } },
        ],
      },
    },
  },
});

function problemHeaders(codes: ProblemCode[]): Json {
  const retries = codes.includes('rate_limited') || codes.includes('unavailable');
  return retries ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {};
}

function problemResponses(route: Route): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemCodes(route)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemResponse(codes)]));
}

function response({
  description,
  schema,
  contentType = 'application/json',
  headers = {},
}: ResponseSpec): Json {
  const hasBody = schema !== undefined || contentType !== 'application/json';
  return {
    description,
    headers: { 'X-Request-Id': requestIdHeader, ...headers },
    ...(hasBody ? { content: { [contentType]: { schema: schema ?? { type: 'string' } } } } : {}),
  };
}

/** Viewers show the description of a parameter, not the one of its schema. */
const described = (schema: unknown): Json => {
  const { description } = schema as { description?: string };
  return description ? { description } : {};
};

function queryParameters(query: ObjectSchema): Json[] {
  return Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) === true && !('default' in schema),
    ...described(schema),
    schema,
  }));
}

function parameters(route: Route): Json[] {
  const path = paramsOf(route.path, route.params).map(({ name, schema }) => ({
    name,
    in: 'path',
    required: true,
    ...described(schema),
    schema,
  }));
  const query = queryParameters(route.query as ObjectSchema);
  return [
    ...path,
    ...query,
    ...(takesKey(route) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    { $ref: '#/components/parameters/RequestId' },
  ];
}

function requestBody({ body, bodyOptional, form }: Route): Json {
  if (body === null) return {};
  const schema = closed(body);
  const content: Json = { 'application/json': { schema } };
  if (form) content['application/x-www-form-urlencoded'] = { schema };
  return { requestBody: { required: bodyOptional !== true, content } };
}

/** `POST /applications/:token/chats` is `postApplicationsByTokenChats`: stable as long as the path is. */
function operationId({ method, path }: Route): string {
  const words = path.split(/[/.]/).filter(Boolean);
  const name = words.map((word) => {
    const text = word.startsWith(':') ? `by_${word.slice(1)}` : word;
    return text.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_all, _gap, letter: string) =>
      letter.toUpperCase(),
    );
  });
  return method.toLowerCase() + name.join('');
}

function security({ roles }: Route): Json[] {
  return roles === 'public' ? [] : [{ bearer: [] }];
}

const replayedHeader = {
  'Idempotent-Replayed': {
    description: '`true` when this is the answer of an earlier request with the same key.',
    schema: Type.String(),
  },
};

function operation(route: Route): Json {
  const who = route.roles === 'public' ? '' : `For: ${route.roles.join(', ')}.`;
  const own = Object.entries(route.responses).map(([status, spec]) => [
    status,
    response(
      status === '201' && takesKey(route)
        ? { ...spec, headers: { ...spec.headers, ...replayedHeader } }
        : spec,
    ),
  ]);
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, who].filter(Boolean).join('\n\n'),
    security: security(route),
    parameters: parameters(route),
    ...requestBody(route),
    responses: { ...problemResponses(route), ...Object.fromEntries(own) },
  };
}

const INTRODUCTION = `A chat backend that answers first and writes later. Create an application (\`POST /applications\`): its answer holds
a token, which names the application in paths, and an access token, which goes into \`Authorization: Bearer …\`.

Lists answer \`{data, next}\`; give \`next\` back as \`cursor\` (for messages, as \`after\` when the page was asked for with
\`after\`, else as \`before\`). Errors are \`application/problem+json\` with a stable \`code\`. Fields that are not known are refused.`;

const components = {
  securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
  schemas: { Problem: problem },
  headers: {
    RequestId: { description: 'Id of the request, also in the logs.', schema: { type: 'string' } },
    RetryAfter: { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'Repeats with the same key have one effect and the same answer, for all keys of an application together. Printable ASCII; without a bearer at least 16 characters, and hard to guess: a random UUID, for whoever knows it gets the answer.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
    },
    RequestId: {
      name: 'X-Request-Id',
      in: 'header',
      description: 'Taken over when it is 1 to 128 safe characters.',
      schema: { type: 'string' },
    },
  },
};

/** Builds the OpenAPI 3.1 document of the routes that are not hidden. */
export function buildOpenApi(routes: readonly Route[], { version, basePath }: ApiInfo): Json {
  const shown = routes.filter(({ hidden }) => !hidden);
  const paths: Record<string, Json> = {};
  for (const route of shown) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const tags = [...new Set(shown.map(({ tag }) => tag))].map((name) => ({ name }));
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Anteroom',
      version,
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath || '/' }],
    tags,
    paths,
    components,
  };
  // Schemas carry marks of their builder that JSON does not; what is served is what is tested.
  return JSON.parse(JSON.stringify(document));
}
