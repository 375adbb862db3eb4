// A small API client for tests. Every answer it sees is held against the server's own OpenAPI document.
import { type ApiDocument, createMatcher } from './openapi-match.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests read fields of whatever came.
export interface Answer<Body = any> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface CallOptions {
  key?: string;
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
}

export interface Client {
  origin: string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string, options?: CallOptions): Promise<Answer>;
  post(path: string, options?: CallOptions): Promise<Answer>;
  put(path: string, options?: CallOptions): Promise<Answer>;
  patch(path: string, options?: CallOptions): Promise<Answer>;
  delete(path: string, options?: CallOptions): Promise<Answer>;
}

/** @param origin with the base path, without a slash at its end */
export async function createClient(origin: string): Promise<Client> {
  const document = (await (await fetch(`${origin}/openapi.json`)).json()) as ApiDocument;
  const match = createMatcher(document);

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { key, body, raw } = options;
    const headers: Record<string, string> = { ...options.headers };
    if (key) headers.authorization = `Bearer ${key}`;
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    if (payload !== undefined) headers['content-type'] ??= 'application/json';
    const response = await fetch(origin + path, {
      method,
      headers,
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    const contentType = response.headers.get('content-type') ?? '';
    const parsed = /json/.test(contentType) ? JSON.parse(text) : text;
    const seen = {
      method,
      path: path.split('?')[0] ?? '',
      status: response.status,
      contentType,
      body: parsed,
    };
    if (method !== 'HEAD') match(seen);
    return { status: response.status, headers: response.headers, body: parsed };
  }

  return {
    origin,
    call,
    get: (path, options) => call('GET', path, options),
    post: (path, options) => call('POST', path, options),
    put: (path, options) => call('PUT', path, options),
    patch: (path, options) => call('PATCH', path, options),
    delete: (path, options) => call('DELETE', path, options),
  };
}
