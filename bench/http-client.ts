// A load client that costs little beside the server it loads: one request in flight per connection, HTTP/1.1 over
// plain sockets, answers read no further than their status and length.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface LoadResult {
  /** Answers by status; 0 counts requests that were never answered. */
  statuses: Map<number, number>;
  seconds: number;
  /** Milliseconds from request to answer, ascending. */
  latencies: Float64Array;
}

/** Status 0: the connection was lost before the answer came. */
type OnAnswer = (status: number, milliseconds: number, answer: Buffer) => void;

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const END_OF_CHUNKS = Buffer.from('0\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** The status of a whole answer, or null while some of it is missing. */
function statusOf(data: Buffer): number | null {
  const end = data.indexOf(END_OF_HEAD);
  if (end === -1) return null;
  const head = data.toString('latin1', 0, end);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  const isWhole =
    length === undefined && /transfer-encoding: chunked/i.test(head)
      ? data.subarray(-END_OF_CHUNKS.length).equals(END_OF_CHUNKS)
      : data.length >= end + 4 + Number(length ?? 0);
  return isWhole ? Number(head.slice(9, 12)) : null;
}

function openSocket(url: URL): Promise<Socket> {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (isTls ? 443 : 80));
  return new Promise((resolve, reject) => {
    const socket: Socket = isTls
      ? connectTls({ host, port, servername: host }, () => resolve(socket))
      : connect({ host, port }, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

/** A kept connection with at most one request in flight. */
export class Connection {
  readonly #socket: Socket;
  #data: Buffer | null = null;
  #sentAt = 0;
  #onAnswer: OnAnswer | null = null;
  isLost = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => this.#lose());
    socket.on('close', () => this.#lose());
  }

  static async open(base: string): Promise<Connection> {
    return new Connection(await openSocket(new URL(base)));
  }

  send(request: string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    this.#sentAt = performance.now();
    if (this.isLost) queueMicrotask(() => this.#answer(0, NOTHING));
    else this.#socket.write(request);
  }

  close(): void {
    this.#onAnswer = null;
    this.#socket.end();
  }

  #read(chunk: Buffer): void {
    this.#data = this.#data ? Buffer.concat([this.#data, chunk]) : chunk;
    const status = statusOf(this.#data);
    if (status === null) return;
    const answer = this.#data;
    this.#data = null;
    this.#answer(status, answer);
  }

  #answer(status: number, answer: Buffer): void {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = null;
    onAnswer?.(status, performance.now() - this.#sentAt, answer);
  }

  #lose(): void {
    this.isLost = true;
    this.#socket.destroy();
    this.#answer(0, NOTHING);
  }
}

const openAll = (base: string, count: number): Promise<Connection[]> =>
  Promise.all(Array.from({ length: count }, () => Connection.open(base)));

/** Collects answers; a connection that is lost ends the whole run. */
class Tally {
  readonly statuses = new Map<number, number>();
  readonly #times: number[] = [];
  readonly #startedAt = performance.now();

  add(status: number, milliseconds: number): void {
    this.#times.push(milliseconds);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  result(): LoadResult {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return { statuses: this.statuses, seconds, latencies: Float64Array.from(this.#times).sort() };
  }
}

const LOST = 'the server closed a connection';

/**
 * Closed loop: each connection sends its next request when the one before is answered, until `next` has no more.
 * `next` gives the raw text of the n-th request.
 */
export async function load(
  base: string,
  connections: number,
  next: (n: number) => string | null,
): Promise<LoadResult> {
  const opened = await openAll(base, connections);
  const tally = new Tally();
  let n = 0;
  const run = (connection: Connection) =>
    new Promise<void>((resolve, reject) => {
      const send = () => {
        const request = next(n++);
        if (request === null) {
          connection.close();
          return resolve();
        }
        connection.send(request, (status, milliseconds) => {
          if (status === 0) return reject(new Error(LOST));
          tally.add(status, milliseconds);
          send();
        });
      };
      send();
    });
  await Promise.all(opened.map(run));
  return tally.result();
}

/**
 * Open loop: `rate` requests a second come due for so many seconds, whatever the server makes of them. A request that
 * finds every connection busy waits here, and its time counts from when it was due.
 */
export async function loadAtRate(
  base: string,
  connections: number,
  { rate, seconds }: { rate: number; seconds: number },
  next: (n: number) => string,
): Promise<LoadResult> {
  const idle = await openAll(base, connections);
  const opened = [...idle];
  const tally = new Tally();
  const total = Math.round(rate * seconds);
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const dueAt = (n: number) => startedAt + (n * 1000) / rate;
    const sendDue = () => {
      const now = performance.now();
      while (sent < total && idle.length > 0 && dueAt(sent) <= now) {
        const connection = idle.pop()!;
        const due = dueAt(sent);
        connection.send(next(sent++), (status) => {
          if (status === 0) return reject(new Error(LOST));
          tally.add(status, performance.now() - due);
          idle.push(connection);
          if (++answered === total) resolve();
          else sendDue();
        });
      }
    };
    const timer = setInterval(() => {
      if (answered === total) clearInterval(timer);
      else sendDue();
    }, 1);
  });
  for (const connection of opened) connection.close();
  return tally.result();
}

/** The raw text of a request with a JSON body, or with none. */
export function request(
  method: string,
  base: string,
  path: string,
  token: string,
  body: string | null = null,
): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${new URL(base).host}\r\nAuthorization: Bearer ${token}\r\n`;
  if (body === null) return `${head}\r\n`;
  const length = Buffer.byteLength(body);
  return `${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

/** The raw text of a JSON POST. */
export const post = (base: string, path: string, token: string, body: string): string =>
  request('POST', base, path, token, body);

export const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
