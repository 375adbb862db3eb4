// Every error that a client can see, in one table: code, status and title. docs/errors.md is checked against it.

export const problems = {
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  validation_failed: { status: 400, title: 'The request does not fit the schema' },
  unauthenticated: { status: 401, title: 'A valid bearer token is required' },
  insufficient_balance: { status: 402, title: 'The balance is too low' },
  forbidden: { status: 403, title: 'Not allowed for this role' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  price_changed: { status: 409, title: 'The price is above max_price' },
  conflict: { status: 409, title: 'The request does not fit the current state' },
  already_exists: { status: 409, title: 'It already exists' },
  body_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The URI is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const;

export type ProblemCode = keyof typeof problems;

/** One fault of a request, at a JSON pointer such as `/body/name` or `/query/limit`. */
export interface FieldError {
  path: string;
  message: string;
}

interface Rest {
  /** Members added to the problem document, such as `price` and `balance`. */
  fields?: Record<string, unknown>;
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error with a place in the contract. Its `detail` is shown to the client; its `cause` never is. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly fields: Record<string, unknown>;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, detail: string, rest: Rest = {}) {
    super(detail, { cause: rest.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.status = problems[code].status;
    this.fields = rest.fields ?? {};
    this.errors = rest.errors;
    this.headers = rest.headers ?? {};
  }
}

export const notFound = (what: string) => new ProblemError('not_found', `No such ${what}.`);

export const forbidden = (detail: string) => new ProblemError('forbidden', detail);

export const invalid = (path: string, message: string) =>
  new ProblemError('validation_failed', `${path} ${message}`, { errors: [{ path, message }] });

/** 503 with `Retry-After` in whole seconds. The outcome of the request may be unknown to the caller. */
export const unavailable = (detail: string, retryAfter = 1, cause?: unknown) =>
  new ProblemError('unavailable', detail, { headers: { 'Retry-After': String(retryAfter) }, cause });
