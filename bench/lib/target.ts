// What a bench sends to: a server with one application, some chats and a key, whoever is behind it.
import type pg from 'pg';
import { freePort } from '../../scripts/lib/ports.ts';
import { until } from '../../scripts/lib/processes.ts';
import { waitUntilReady } from '../../scripts/lib/ready.ts';
import { type LoadResult, load, post } from '../http-client.ts';
import type { Place, Process, Stand } from './stand.ts';

export interface Target {
  origin: string;
  token: string;
  key: string;
  chats: number;
  /** What Postgres holds is asked here. */
  pool: pg.Pool;
  processes: Process[];
  stop(): Promise<void>;
}

export const CHATS = 16;
const READY_MS = 60_000;
const PERSIST_MS = 600_000;

/** Waits for a server; a process that dies meanwhile says why. */
export async function whenReady(url: string, processes: Process[]): Promise<void> {
  await Promise.race([
    waitUntilReady(url, READY_MS, new AbortController().signal),
    ...processes.map(({ failed }) => failed),
  ]);
}

async function call(origin: string, path: string, key: string | null, body: object): Promise<unknown> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key) headers.authorization = `Bearer ${key}`;
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

export interface Product extends Target {
  api: Process;
  startWorker(): Process;
  worker: Process;
}

export interface ProductOptions {
  settings?: Record<string, string>;
  /** Arguments of the API's Node, such as `--cpu-prof`. */
  apiArgs?: string[];
}

/** The product as it ships: API, worker and scheduler, one process each. */
export async function startProduct(
  stand: Stand,
  place: Place,
  { settings = {}, apiArgs = [] }: ProductOptions = {},
): Promise<Product> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = { ...place.env, PORT: String(port), OPEN_SIGNUP: 'true', ...settings };
  const startWorker = () => stand.start('workers/main.ts', env);
  const worker = startWorker();
  const api = stand.start('src/server.ts', env, apiArgs);
  const processes = [api, worker, stand.start('workers/scheduler.ts', env)];
  await whenReady(`${origin}/readyz`, processes);
  const made = await call(origin, '/applications', null, { name: 'Bench' });
  const { token, access_token: key } = made as { token: string; access_token: string };
  for (let chat = 0; chat < CHATS; chat++) await call(origin, `/applications/${token}/chats`, key, {});
  const stop = async () => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  return { origin, token, key, chats: CHATS, pool: place.pool, processes, stop, api, worker, startWorker };
}

/** Sends messages to the target's chats in turn until `isOver`. */
export const sendMessages = (
  { origin, token, key, chats }: Target,
  connections: number,
  isOver: (n: number) => boolean,
): Promise<LoadResult> =>
  load(origin, connections, (n) => (isOver(n) ? null : messageRequest({ origin, token, key, chats }, n)));

/** The raw text of the n-th message. */
export function messageRequest(
  { origin, token, key, chats }: Pick<Target, 'origin' | 'token' | 'key' | 'chats'>,
  n: number,
): string {
  const path = `/applications/${token}/chats/${(n % chats) + 1}/messages`;
  return post(origin, path, key, JSON.stringify({ body: `Message ${n}: is the blue one in stock?` }));
}

export const accepted = ({ statuses }: LoadResult): number => statuses.get(201) ?? 0;

/** Every message must be accepted: a server that refuses quickly would look fast. */
export function assertAllAccepted(result: LoadResult): void {
  const others = [...result.statuses].filter(([status]) => status !== 201);
  if (others.length > 0)
    throw new Error(`not accepted: ${others.map(([status, count]) => `${count} × ${status}`).join(', ')}`);
}

export async function countRows(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query('SELECT count(*) AS count FROM messages');
  return Number(rows[0].count);
}

/** Resolves when so many messages have rows, asking often enough for tenths of a second, rarely enough to cost little. */
export async function whenPersisted({ pool, processes }: Target, count: number): Promise<void> {
  const stands = async () => (await countRows(pool)) >= count;
  const inTime = await Promise.race([
    until(stands, PERSIST_MS, 50),
    ...processes.map(({ failed }) => failed),
  ]);
  if (!inTime) throw new Error(`${await countRows(pool)} of ${count} rows after ${PERSIST_MS / 1000} s`);
}

/** Each chat's numbers must be 1, 2, 3 …, and there must be as many rows as were acknowledged. */
export async function assertComplete({ pool }: Target, count: number): Promise<void> {
  const { rows } = await pool.query(
    `SELECT coalesce(sum(count), 0)::int AS total, coalesce(bool_and(count = last AND first = 1), true) AS dense
     FROM (SELECT count(*) AS count, min(number) AS first, max(number) AS last FROM messages GROUP BY chat_id) AS chat`,
  );
  if (rows[0].total !== count || !rows[0].dense)
    throw new Error(`${rows[0].total} rows for ${count} acknowledged messages, dense: ${rows[0].dense}`);
}
