// How many messages a second does the running product accept over HTTP, and persist?
// usage: npm run bench:write -- [--messages 100000] [--connections 64] [--chats 16] [--url http://127.0.0.1:8000]
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.ts';
import { load, percentile, post } from './http-client.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '64' },
    chats: { type: 'string', default: '16' },
    url: { type: 'string' },
  },
});
const { HOST, PORT, BASE_PATH } = loadConfig();
const origin = values.url ?? `http://${HOST}:${PORT}${BASE_PATH}`;
const basePath = new URL(origin).pathname.replace(/\/$/, '');
const messages = Number(values.messages);
const chats = Number(values.chats);

async function call(path: string, init: RequestInit & { key?: string } = {}) {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (init.key) headers.authorization = `Bearer ${init.key}`;
  const response = await fetch(`${origin}${path}`, { ...init, headers });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response;
}

interface Backlog {
  waiting: number;
  persisted: number;
}

/** Reads the outbox from /metrics, which a caller on the same machine may see. */
async function backlog(): Promise<Backlog> {
  const text = await (await call('/metrics')).text();
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)`, 'gm'))].reduce(
      (total, [, n]) => total + Number(n),
      0,
    );
  return { waiting: sum('anteroom_outbox_entries'), persisted: sum('anteroom_entries_persisted_total') };
}

async function whenEmpty(): Promise<Backlog> {
  for (;;) {
    const now = await backlog();
    if (now.waiting === 0) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const created = await call('/applications', { method: 'POST', body: JSON.stringify({ name: 'Bench' }) });
const { token, access_token: key } = (await created.json()) as { token: string; access_token: string };
for (let chat = 0; chat < chats; chat++) await call(`/applications/${token}/chats`, { method: 'POST', key });
const before = await whenEmpty();

const result = await load(origin, Number(values.connections), (n) => {
  if (n >= messages) return null;
  const path = `${basePath}/applications/${token}/chats/${(n % chats) + 1}/messages`;
  return post(origin, path, key, JSON.stringify({ body: `Message ${n}: is the blue one in stock?` }));
});
const drainStarted = performance.now();
const atEnd = await backlog();
const after = await whenEmpty();
const drain = (performance.now() - drainStarted) / 1000;

const accepted = result.statuses.get(201) ?? 0;
const rate = (count: number, seconds: number) => `${Math.round(count / seconds).toLocaleString('en')}/s`;
const ms = (share: number) => `${percentile(result.latencies, share).toFixed(1)} ms`;
console.log(
  `accepted    ${accepted} of ${messages} in ${result.seconds.toFixed(1)} s: ${rate(accepted, result.seconds)}`,
);
console.log(
  `persisted   ${after.persisted - before.persisted} in ${(result.seconds + drain).toFixed(1)} s: ${rate(after.persisted - before.persisted, result.seconds + drain)}`,
);
console.log(`waiting     ${atEnd.waiting} when the last answer came, 0 after ${drain.toFixed(1)} s more`);
console.log(`latency     p50 ${ms(0.5)}, p95 ${ms(0.95)}, p99 ${ms(0.99)}, slowest ${ms(1)}`);
const others = [...result.statuses].filter(([status]) => status !== 201);
if (others.length > 0)
  console.log(`other answers: ${others.map(([status, count]) => `${count} × ${status}`).join(', ')}`);
