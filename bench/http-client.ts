// A load client that costs little beside the server it loads: one request in flight per connection, HTTP/1.1 over
// plain sockets, answers read no further than their status and length.
import { connect, type Socket } from 'node:net';

export interface LoadResult {
  /** Answers by status. */
  statuses: Map<number, number>;
  seconds: number;
  /** Milliseconds from request to answer, ascending. */
  latencies: Float64Array;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** The status of a whole answer, or null while some of it is missing. */
function statusOf(data: Buffer): number | null {
  const head = data.indexOf(END_OF_HEAD);
  if (head === -1) return null;
  const length = /content-length: (\d+)/i.exec(data.toString('latin1', 0, head))?.[1] ?? 0;
  return data.length >= head + 4 + Number(length) ? Number(data.toString('latin1', 9, 12)) : null;
}

function openSocket(url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

/** Sends requests until `next` has no more; `next` gives the raw text of the n-th request. */
export async function load(
  base: string,
  connections: number,
  next: (n: number) => string | null,
): Promise<LoadResult> {
  const url = new URL(base);
  const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(url)));
  const statuses = new Map<number, number>();
  const times: number[] = [];
  let n = 0;

  const run = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let sentAt = 0;
      let data: Buffer | null = null;
      const send = () => {
        const request = next(n++);
        if (request === null) {
          socket.end();
          return resolve();
        }
        sentAt = performance.now();
        socket.write(request);
      };
      socket.on('data', (chunk: Buffer) => {
        data = data ? Buffer.concat([data, chunk]) : chunk;
        const status = statusOf(data);
        if (status === null) return;
        data = null;
        times.push(performance.now() - sentAt);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        send();
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
      send();
    });

  const started = performance.now();
  await Promise.all(sockets.map(run));
  const seconds = (performance.now() - started) / 1000;
  return { statuses, seconds, latencies: Float64Array.from(times).sort() };
}

/** The raw text of a JSON POST. */
export function post(base: string, path: string, token: string, body: string): string {
  const { host } = new URL(base);
  return (
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

export const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
