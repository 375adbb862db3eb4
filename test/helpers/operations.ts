// The route table as the server itself tells it, with one good request for each route.
import type { CallOptions } from './client.ts';
import { OPERATOR } from './deployment.ts';

export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  enum?: unknown[];
  maxLength?: number;
  maximum?: number;
  minimum?: number;
  additionalProperties?: boolean | JsonSchema;
}

export interface Operation {
  /** `POST /applications/{token}/chats` */
  name: string;
  method: string;
  path: string;
  query: { name: string; schema: JsonSchema }[];
  /** Null for a route without a body. */
  body: JsonSchema | null;
  bodyRequired: boolean;
}

interface DocumentedOperation {
  parameters?: { name?: string; in?: string; schema?: JsonSchema }[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema }> };
}

/** Every operation of the document that a server serves. */
export async function operationsOf(origin: string): Promise<Operation[]> {
  const { paths } = (await (await fetch(`${origin}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, DocumentedOperation>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      query: parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name = '', schema = {} }) => ({ name, schema })),
      body: requestBody?.content['application/json']?.schema ?? null,
      bodyRequired: requestBody?.required ?? false,
    })),
  );
}

/** What a good request to a route holds besides its path; a new route needs an entry here. */
const samples: Record<string, { body?: unknown; query?: string }> = {
  'POST /applications': { body: { name: 'Shop' } },
  'GET /applications': {},
  'GET /applications/{token}': {},
  'PATCH /applications/{token}': { body: { name: 'Renamed' } },
  'DELETE /applications/{token}': {},
  'GET /applications/{token}/keys': {},
  'POST /applications/{token}/keys': { body: { name: 'second' } },
  'DELETE /applications/{token}/keys/{key_id}': {},
  'POST /applications/{token}/chats': { body: { subject: 'Hello' } },
  'GET /applications/{token}/chats': {},
  'GET /applications/{token}/chats/{number}': {},
  'PATCH /applications/{token}/chats/{number}': { body: { subject: 'Changed' } },
  'PUT /applications/{token}/chats/{number}/read': { body: { number: 1 } },
  'GET /me/unread': {},
  'POST /applications/{token}/chats/{number}/messages': { body: { body: 'Hello' } },
  'GET /applications/{token}/chats/{number}/messages': {},
  'GET /applications/{token}/chats/{number}/messages/search': { query: 'q=word' },
  'GET /applications/{token}/messages/search': { query: 'q=word' },
  'GET /applications/{token}/chats/{number}/messages/{n}': {},
  'PATCH /applications/{token}/chats/{number}/messages/{n}': { body: { body: 'Edited' } },
  'DELETE /applications/{token}/chats/{number}/messages/{n}': {},
  'GET /applications/{token}/chats/{number}/messages/{n}/trace': {},
  'GET /ops/api/overview': {},
  'GET /ops/api/jobs': {},
  'POST /ops/api/jobs/{id}/retry': { body: {} },
  'GET /ops/api/dead-letters': {},
  'POST /ops/api/dead-letters/{id}/replay': { body: {} },
  'GET /ops/api/tasks': {},
  'POST /ops/api/tasks/{name}/run': { body: {} },
  'GET /ops/api/consistency': {},
  'POST /ops/api/queues/{name}/pause': { body: {} },
  'POST /ops/api/queues/{name}/resume': { body: {} },
  'GET /healthz': {},
  'GET /readyz': {},
  'GET /health': {},
  'GET /metrics': {},
  'GET /openapi.json': {},
};

/** Names of the routes that have a sample, so that a test can say which are missing. */
export const sampledOperations = Object.keys(samples);

export interface Place {
  token: string;
  key_id?: string;
  number?: number;
  n?: number;
}

/** A path template with its parameters put in. */
export const pathAt = (template: string, place: Place): string =>
  template.replace(/\{(\w+)\}/g, (_all, name: keyof Place) => String(place[name] ?? 1));

/** The key with which a route can be tried: some are for operators alone. */
export const keyFor = (path: string, key: string): string =>
  path === '/applications' || path.startsWith('/ops/') ? OPERATOR : key;

/** Routes that take any query, for load balancers and scrapers add to it. */
export const takesAnyQuery = (path: string): boolean =>
  ['/healthz', '/readyz', '/health', '/metrics'].includes(path);

/** A good request to a route. */
export function sampleCall({ name, path }: Operation, place: Place): { path: string; options: CallOptions } {
  const sample = samples[name];
  if (!sample) throw new Error(`${name} has no sample request in test/helpers/operations.ts`);
  const query = sample.query ? `?${sample.query}` : '';
  return {
    path: pathAt(path, place) + query,
    options: sample.body === undefined ? {} : { body: sample.body },
  };
}
