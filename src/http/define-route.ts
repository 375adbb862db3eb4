// A route is data and one small handler that never sees Koa. Routing, validation, permission and the OpenAPI
// document are all made from the same data.
import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import { type Static, type TSchema, Type } from 'typebox';
import type { Principal, Role } from '../auth/principal.ts';
import type { ProblemCode } from '../lib/errors.ts';
import type { Idempotency } from './idempotency.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler answers. Objects are sent as JSON; text, buffers and streams need a `Content-Type`. */
export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string | string[]>;
}

/** What a handler is given: everything checked, nothing of Koa. */
export interface RouteRequest<Params = unknown, Query = unknown, Body = unknown, Caller = Principal | null> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Caller;
  readonly requestId: string;
  /** Null when the client sent no key, or the route takes none. */
  readonly idempotency: Idempotency | null;
  /** When the request must have been answered, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Logs with the request's id. Made on first use. */
  readonly log: Logger;
  /** The client's address, seen through the trusted proxies. */
  readonly address: string;
  /** The address at the other end of this very socket, whatever headers say. */
  readonly peerAddress: string;
  readonly headers: IncomingHttpHeaders;
}

/** One answer of a route, for the OpenAPI document. Without a schema it has no body, or `contentType` says which. */
export interface ResponseSpec {
  description: string;
  schema?: TSchema;
  contentType?: string;
  headers?: Record<string, { description: string; schema: TSchema }>;
}

type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type PathParams<Path extends string> = {
  [Name in NamesIn<Path>]: Name extends 'number' | 'n' ? number : string;
};

type ParamsOf<Path extends string, Params extends TSchema> = Omit<PathParams<Path>, keyof Static<Params>> &
  Static<Params>;

const noFields = Type.Object({});
const nothing = Type.Undefined();

/** Who may call a route: anyone, or callers with one of these roles. */
export type Roles = 'public' | readonly Role[];

interface RouteData {
  method: Method;
  /** Path below BASE_PATH; `:token`, `:number` and `:n` are checked and converted by their names. */
  path: string;
  summary: string;
  description?: string | undefined;
  tag: string;
  roles: Roles;
  /** A POST whose fields are all optional needs no body; the handler then sees `{}`. */
  bodyOptional?: boolean | undefined;
  /** Also takes `application/x-www-form-urlencoded`, as OAuth2 clients send it. */
  form?: boolean | undefined;
  /** False for a POST that ignores `Idempotency-Key`. */
  idempotent?: boolean | undefined;
  responses: Record<number, ResponseSpec>;
  /** Problems that the handler can answer besides those that follow from the rest of the route. */
  problems?: readonly ProblemCode[] | undefined;
  /** Left out of the OpenAPI document, such as the pages that show it. */
  hidden?: boolean | undefined;
}

/** A route as the shell uses it, whatever its types were. */
export interface Route extends RouteData {
  params: TSchema;
  query: TSchema;
  body: TSchema | null;
  // biome-ignore lint/suspicious/noExplicitAny: the types that defineRoute checked are gone in a list of routes.
  handler: (request: RouteRequest<any, any, any, any>) => Promise<Reply> | Reply;
}

interface RouteSpec<
  Path extends string,
  Params extends TSchema,
  Query extends TSchema,
  Body extends TSchema,
  Who extends Roles,
> extends RouteData {
  path: Path;
  roles: Who;
  /** Of parameters that are not known by name; one that does not fit is 404. */
  params?: Params;
  query?: Query;
  body?: Body;
  handler: (
    request: RouteRequest<
      ParamsOf<Path, Params>,
      Static<Query>,
      Static<Body>,
      Who extends 'public' ? Principal | null : Principal
    >,
  ) => Promise<Reply> | Reply;
}

/** Checks a route's types; the result goes into the list that `createApp` serves and `buildOpenApi` describes. */
export function defineRoute<
  const Path extends string,
  const Who extends Roles,
  Params extends TSchema = typeof noFields,
  Query extends TSchema = typeof noFields,
  Body extends TSchema = typeof nothing,
>(spec: RouteSpec<Path, Params, Query, Body, Who>): Route {
  return {
    ...spec,
    params: spec.params ?? noFields,
    query: spec.query ?? noFields,
    body: spec.body ?? null,
  };
}
