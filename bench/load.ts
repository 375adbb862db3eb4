// What do users see while more and more of them write? Loads a running server, shows each second, and leaves plots.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { onStopSignals } from '../scripts/lib/stop-signals.ts';
import { repoRoot, shownPath } from '../scripts/lib/stores.ts';
import { runTool } from '../scripts/lib/tool.ts';
import { UserError } from '../scripts/lib/user-error.ts';
import { Connection, percentile } from './http-client.ts';
import { wholeNumber } from './lib/flags.ts';
import { lineChart } from './lib/line-chart.ts';
import { callOver, LoadUsers, type OwnChat, type Second, type Site } from './lib/load-users.ts';

const usage = `Usage: npm run load -- [--url http://127.0.0.1:8000] [--key KEY] [--users 50] [--spawn-rate 10]
         [--duration 30s] [--wait 0ms] [--keep] [--out bench/results] [--i-own-this-server]

Each user opens a chat of its own in the key's application and sends one message after the other. Without --key an
application is made for the test and deleted afterwards. With one, the messages of the test are deleted afterwards;
its chats stay, as no route deletes a chat.

  --spawn-rate         users that begin each second
  --wait               mean pause of a user between two messages
  --keep               deletes nothing
  --out                where the plots go (load-<time>.svg)
  --i-own-this-server  needed for every address that is not this machine's own`;

interface Options {
  origin: string;
  key: string | null;
  users: number;
  spawnRate: number;
  seconds: number;
  waitMs: number;
  keep: boolean;
  out: string;
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(name: string, given: string): number {
  const [, count, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(given) ?? [];
  if (count === undefined) throw new UserError(`--${name} takes a span of time such as 500ms, 30s or 5m.`);
  return Number(count) * (units[unit] ?? 1000);
}

function readOrigin(given: string, isOwner: boolean): string {
  if (!URL.canParse(given)) throw new UserError(`--url takes an address such as http://127.0.0.1:8000.`);
  const url = new URL(given);
  if (!['http:', 'https:'].includes(url.protocol))
    throw new UserError('--url takes an http or https address.');
  if (!isLoopback(url.hostname) && !isOwner)
    throw new UserError(
      `${url.host} is not this machine. A load test can take a server down; add --i-own-this-server if it is yours.`,
    );
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}

/** The application that a key belongs to. @throws UserError */
function applicationOf(key: string): string {
  try {
    const claims = JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString());
    if (typeof claims.app === 'string') return claims.app;
  } catch {
    // Said below.
  }
  throw new UserError('--key takes the access token of an application.');
}

async function makeApplication(origin: string): Promise<Site> {
  const response = await fetch(`${origin}/applications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Load test' }),
  }).catch((error: Error) => {
    throw new UserError(`${origin} does not answer (${(error.cause as Error)?.message ?? error.message}).`);
  });
  if (response.status !== 201)
    throw new UserError(`${origin} makes no application (status ${response.status}); give a --key.`);
  const { token, access_token: key } = (await response.json()) as { token: string; access_token: string };
  return { origin, token, key };
}

/** Entries that wait in the outbox, as far as the server tells; null when it does not. */
async function outboxLength(origin: string): Promise<number | null> {
  try {
    const response = await fetch(`${origin}/metrics`, { signal: AbortSignal.timeout(900) });
    if (response.status !== 200) return null;
    const found = [...(await response.text()).matchAll(/^anteroom_outbox_entries\{[^}]*\} (\d+)/gm)];
    return found.length === 0 ? null : found.reduce((sum, [, count]) => sum + Number(count), 0);
  } catch {
    return null;
  }
}

type Shown = Second & { outbox: number | null };

const columns = ['time', 'users', 'requests/s', 'failures', 'p50 ms', 'p95 ms', 'p99 ms', 'outbox'];
const row = (cells: (string | number)[]) => cells.map((cell) => String(cell).padStart(11)).join('');
const ms = (latencies: Float64Array, share: number) =>
  latencies.length === 0 ? '–' : percentile(latencies, share).toFixed(1);

const lineOf = (second: number, { users, requests, failures, latencies, outbox }: Shown): string =>
  row([
    ...[`${second} s`, users, requests, failures],
    ...[ms(latencies, 0.5), ms(latencies, 0.95), ms(latencies, 0.99), outbox ?? '–'],
  ]);

/** Adds users until all are there, shows each second, ends after the duration or when asked to. */
async function run(users: LoadUsers, options: Options, stop: AbortSignal): Promise<Shown[]> {
  const seconds: Shown[] = [];
  const startedAt = performance.now();
  console.log(row(columns));
  while (seconds.length < options.seconds && !stop.aborted) {
    const end = startedAt + (seconds.length + 1) * 1000;
    for (let now = performance.now(); now < end && !stop.aborted; now = performance.now()) {
      const due = Math.min(options.users, Math.floor(((now - startedAt) / 1000) * options.spawnRate) + 1);
      while (users.count < due) users.spawn();
      await sleep(Math.min(20, end - now));
    }
    const outbox = await outboxLength(options.origin);
    seconds.push({ ...users.takeSecond(), outbox });
    console.log(lineOf(seconds.length, seconds.at(-1)!));
  }
  await users.stop();
  return seconds;
}

function summarize(seconds: Shown[], users: LoadUsers): string[] {
  const all = Float64Array.from(seconds.flatMap(({ latencies }) => [...latencies])).sort();
  const sum = (field: 'requests' | 'failures') => seconds.reduce((total, second) => total + second[field], 0);
  const rate = Math.round(sum('requests') / Math.max(1, seconds.length));
  const why = [...users.failures].map(([what, count]) => `${count} × ${what}`).join(', ');
  return [
    `${sum('requests').toLocaleString('en')} requests in ${seconds.length} s: ${rate.toLocaleString('en')}/s with ${users.count} users`,
    `answers p50 ${ms(all, 0.5)} ms, p95 ${ms(all, 0.95)} ms, p99 ${ms(all, 0.99)} ms, slowest ${ms(all, 1)} ms`,
    `failures ${sum('failures')}${why ? `: ${why}` : ''}`,
  ];
}

function plot(seconds: Shown[], footnotes: string[]): string {
  const quantile = (share: number) =>
    seconds.map(({ latencies }) => (latencies.length === 0 ? null : percentile(latencies, share)));
  return lineChart({
    title: 'Load test',
    panels: [
      {
        title: 'Requests per second',
        series: [
          { name: 'requests/s', class: 'a', values: seconds.map(({ requests }) => requests) },
          { name: 'failures/s', class: 'c', values: seconds.map(({ failures }) => failures) },
        ],
      },
      { title: 'Users', series: [{ name: 'users', class: 'b', values: seconds.map(({ users }) => users) }] },
      {
        title: 'Time of answers, ms',
        series: [
          { name: 'p50', class: 'a', values: quantile(0.5) },
          { name: 'p95', class: 'b', values: quantile(0.95) },
          { name: 'p99', class: 'c', values: quantile(0.99) },
        ],
      },
      {
        title: 'Entries waiting in the outbox',
        series: [{ name: 'outbox', class: 'a', values: seconds.map(({ outbox }) => outbox) }],
      },
    ],
    footnotes,
  });
}

const CLEANERS = 16;

/** Deletes the messages of the test, and no others. */
async function deleteMessages(site: Site, chats: OwnChat[], stop: AbortSignal): Promise<string> {
  const left = chats.flatMap(({ number, messages }) => messages.map((n) => `/chats/${number}/messages/${n}`));
  const total = left.length;
  let deleted = 0;
  console.log(`Deleting the ${total.toLocaleString('en')} messages of the test (Ctrl-C leaves the rest) …`);
  const clean = async () => {
    const connection = await Connection.open(site.origin);
    for (let path = left.pop(); path && !stop.aborted && !connection.isLost; path = left.pop()) {
      const { status } = await callOver(connection, site, 'DELETE', path, null);
      if (status === 200) deleted++;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CLEANERS }, clean));
  return `${deleted} of ${total} messages deleted; ${chats.length} empty chats stay`;
}

async function deleteApplication({ origin, token, key }: Site): Promise<string> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${origin}/applications/${token}`, { method: 'DELETE', headers });
  return response.ok
    ? 'the application of the test is deleted'
    : `application not deleted: ${response.status}`;
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8000' },
      key: { type: 'string' },
      users: { type: 'string', default: '50' },
      'spawn-rate': { type: 'string', default: '10' },
      duration: { type: 'string', default: '30s' },
      wait: { type: 'string', default: '0ms' },
      keep: { type: 'boolean', default: false },
      out: { type: 'string', default: join(repoRoot, 'bench/results') },
      'i-own-this-server': { type: 'boolean', default: false },
    },
  });
  return {
    origin: readOrigin(values.url, values['i-own-this-server']),
    key: values.key ?? null,
    users: wholeNumber('users', values.users, 1, 10_000),
    spawnRate: wholeNumber('spawn-rate', values['spawn-rate'], 1, 10_000),
    seconds: Math.max(1, Math.round(milliseconds('duration', values.duration) / 1000)),
    waitMs: milliseconds('wait', values.wait),
    ...{ keep: values.keep, out: values.out },
  };
}

await runTool(usage, async (args) => {
  const options = readOptions(args);
  const { origin, key } = options;
  const site = key ? { origin, key, token: applicationOf(key) } : await makeApplication(origin);
  const loading = new AbortController();
  const cleaning = new AbortController();
  onStopSignals(
    () => loading.abort(),
    () => cleaning.abort(),
  );
  const users = new LoadUsers(site, options.waitMs);
  const seconds = await run(users, options, loading.signal);
  const lines = summarize(seconds, users);
  console.log(`\n${lines.join('\n')}`);
  const date = new Date().toISOString();
  const file = join(options.out, `load-${date.slice(0, 19).replaceAll(':', '-')}.svg`);
  mkdirSync(options.out, { recursive: true });
  writeFileSync(file, plot(seconds, [`${date.slice(0, 10)}: ${lines[0]}; ${lines[1]}`]));
  console.log(`plots: ${shownPath(file)}`);
  if (!options.keep)
    console.log(
      key ? await deleteMessages(site, users.chats, cleaning.signal) : await deleteApplication(site),
    );
  return true;
});
