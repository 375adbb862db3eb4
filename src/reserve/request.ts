// What a command asks of the reserve step, and what it gets.

/** Keyed requests have one effect: `hash` of principal and key, `fingerprint` of the request (both 32 hex digits). */
export interface ReserveIdempotency {
  hash: string;
  fingerprint: string;
}

/** A rate limit: one write every `intervalMs` on average, `burst` at once. */
export interface RateLimit {
  principal: string;
  intervalMs: number;
  burst: number;
}

/** What may wait in one shard, and how long an idempotency key is kept. */
export interface ReserveLimits {
  maxEntries: number;
  maxBytes: number;
  maxAgeMs: number;
  windowSeconds: number;
}

export interface ReserveRequest {
  /** `open_chat` is a chat that every customer of the application may use. */
  kind: 'message' | 'chat' | 'open_chat' | 'application' | 'deletion';
  token: string;
  /** The chat of a message, else 0. */
  chat: number;
  /** The customer who asks or, for a chat, whom it belongs to; '' for callers who see everything. */
  customer: string;
  /** What a retry must get back besides number and time, such as a token drawn at random; one word or ''. */
  kept: string;
  /** What the entry holds besides number and time; plain JSON. */
  record: { request_id: string; [field: string]: unknown };
  idempotency: ReserveIdempotency | null;
  rate: RateLimit | null;
  /** Monotonic ms (`performance.now()`) after which the caller is no longer waiting. */
  deadline: number;
}

export interface Reserved {
  number: number;
  /** Time of acceptance, ms since 1970 by Redis' clock. */
  at: number;
  /** The request's `kept`, or that of the earlier request whose answer this is. */
  kept: string;
  /** Whether this is the answer of an earlier request with the same key. */
  replayed: boolean;
}
