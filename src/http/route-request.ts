// What a handler sees of a request; what few handlers ask for is worked out only when they do.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.ts';
import { clientAddressOf, peerAddressOf } from './client-address.ts';
import type { RouteRequest } from './define-route.ts';
import type { Idempotency } from './idempotency.ts';

/** Milliseconds in which every request is answered once it has arrived whole, stores up or down. */
export const REQUEST_MS = 2400;

interface Parts {
  req: IncomingMessage;
  params: unknown;
  query: unknown;
  body: unknown;
  principal: Principal | null;
  requestId: string;
  deadline: number;
  idempotency: Idempotency | null;
  baseLog: Logger;
  proxies: number;
}

export class HandledRequest implements RouteRequest {
  readonly #parts: Parts;
  #log: Logger | null = null;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly principal: Principal | null;
  readonly requestId: string;
  readonly idempotency: Idempotency | null;
  readonly deadline: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.params = parts.params;
    this.query = parts.query;
    this.body = parts.body;
    this.principal = parts.principal;
    this.requestId = parts.requestId;
    this.idempotency = parts.idempotency;
    this.deadline = parts.deadline;
  }

  get log(): Logger {
    this.#log ??= this.#parts.baseLog.child({ request_id: this.requestId });
    return this.#log;
  }

  get address(): string {
    return clientAddressOf(this.#parts.req, this.#parts.proxies);
  }

  get peerAddress(): string {
    return peerAddressOf(this.#parts.req);
  }

  get headers(): IncomingHttpHeaders {
    return this.#parts.req.headers;
  }
}
