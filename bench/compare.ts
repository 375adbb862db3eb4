// How does Anteroom's way of writing compare with others? Runs the product and three baselines in turn, several rounds,
// on stores of its own, with one load generator.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repoRoot } from '../scripts/lib/stores.ts';
import { table } from '../scripts/lib/table.ts';
import { runTool } from '../scripts/lib/tool.ts';
import { UserError } from '../scripts/lib/user-error.ts';
import { percentile } from './http-client.ts';
import { barChart } from './lib/bar-chart.ts';
import { wholeNumber } from './lib/flags.ts';
import { describeMachine, loadNow, type Machine, machineLine } from './lib/machine.ts';
import { type Stand, withStand } from './lib/stand.ts';
import { type Spread, showRate, showRatio, showTenths, spreadOf } from './lib/statistics.ts';
import { type System, systems } from './lib/systems.ts';
import {
  accepted,
  assertAllAccepted,
  assertComplete,
  countRows,
  sendMessages,
  whenPersisted,
} from './lib/target.ts';

const usage = `Usage: npm run bench -- [--rounds 3] [--messages 40000] [--connections 64] [--only anteroom,textbook]
         [--auth remembered|koa-jwt] [--jobs 64] [--transactions 32] [--out bench/results] [--quick]

Compares Anteroom with (a) bare Koa, (b) INCR + one job and one INSERT per message, (c) one Postgres transaction per
message. Needs nothing running: it starts its own Postgres (fsync on) and Redis (append-only, everysec).

  --only          measure only these systems
  --auth          how the baselines check bearers; "remembered" is the product's own check
  --jobs          jobs that the worker of (b) has in hand
  --transactions  transactions that (c) has under way
  --quick         one second of each, without waiting for the disk; writes no results unless --out is given`;

interface Options {
  rounds: number;
  messages: number;
  connections: number;
  auth: 'remembered' | 'koa-jwt';
  jobs: number;
  transactions: number;
  only: string[] | null;
  quick: boolean;
  out: string | null;
}

/** One system in one round. */
interface Measure {
  accepted: number;
  persisted: number | null;
  /** Messages without a row when the last answer came. */
  waiting: number | null;
  p50: number;
  p99: number;
}

const WARM_UP = { full: 4000, quick: 200 };

async function measure(stand: Stand, system: System, options: Options): Promise<Measure> {
  const { connections, quick, messages } = options;
  const place = await stand.place();
  const target = await system.start(stand, place);
  try {
    // Code that has run is compiled, connections are open, tokens are known: the same for all.
    const warmUp = quick ? WARM_UP.quick : WARM_UP.full;
    assertAllAccepted(await sendMessages(target, connections, (n) => n >= warmUp));
    if (system.persists) await whenPersisted(target, warmUp);
    await stand.checkpoint();

    const startedAt = performance.now();
    const isOver = quick ? () => performance.now() - startedAt > 1000 : (n: number) => n >= messages;
    const result = await sendMessages(target, connections, isOver);
    assertAllAccepted(result);
    const count = accepted(result);
    const answers = {
      accepted: count / result.seconds,
      p50: percentile(result.latencies, 0.5),
      p99: percentile(result.latencies, 0.99),
    };
    if (!system.persists) return { ...answers, persisted: null, waiting: null };
    const waiting = warmUp + count - (await countRows(target.pool));
    await whenPersisted(target, warmUp + count);
    const seconds = (performance.now() - startedAt) / 1000;
    await assertComplete(target, warmUp + count);
    return { ...answers, persisted: count / seconds, waiting };
  } finally {
    await target.stop();
    await place.drop();
  }
}

interface Summary {
  name: System['name'];
  title: string;
  note: string;
  accepted: Spread;
  persisted: Spread | null;
  waiting: Spread | null;
  p50: Spread;
  p99: Spread;
}

function summarize({ name, title, note, persists }: System, measures: Measure[]): Summary {
  const spread = (field: keyof Measure) => spreadOf(measures.map((one) => one[field] ?? 0));
  return {
    ...{ name, title, note, accepted: spread('accepted') },
    persisted: persists ? spread('persisted') : null,
    waiting: persists ? spread('waiting') : null,
    ...{ p50: spread('p50'), p99: spread('p99') },
  };
}

/** Ratios are taken within each round: what disturbs the machine for a while disturbs both. */
function ratiosOf(all: Map<string, Measure[]>): Record<string, Spread> {
  const ours = all.get('anteroom');
  const ratio = (other: string, field: 'accepted' | 'persisted'): Spread | null => {
    const theirs = all.get(other);
    if (!ours || !theirs) return null;
    return spreadOf(ours.map((one, i) => (one[field] ?? 0) / (theirs[i]?.[field] || Number.NaN)));
  };
  const pairs = {
    'accepted / (a) bare Koa': ratio('bare-koa', 'accepted'),
    'persisted / (b) persisted': ratio('textbook', 'persisted'),
    'persisted / (c) persisted': ratio('synchronous', 'persisted'),
  };
  return Object.fromEntries(
    Object.entries(pairs).filter((pair): pair is [string, Spread] => pair[1] !== null),
  );
}

function print(summaries: Summary[], ratios: Record<string, Spread>): void {
  const rows = summaries.map(({ title, accepted, persisted, waiting, p50, p99 }) => [
    ...[title, showRate(accepted), persisted && showRate(persisted), waiting && showRate(waiting)],
    ...[showTenths(p50), showTenths(p99)],
  ]);
  console.log('\nMedians of the rounds (lowest–highest):\n');
  console.log(table(['', 'accepted/s', 'persisted/s', 'rows missing at the end', 'p50 ms', 'p99 ms'], rows));
  console.log();
  for (const [name, value] of Object.entries(ratios)) console.log(`${name.padEnd(28)}${showRatio(value)}`);
}

/** JSON to the hundredth, lists of numbers on one line, as the formatter wants them. */
const asText = (document: object): string => {
  const round = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 100) / 100 : value;
  const text = JSON.stringify(document, round, 2);
  return `${text.replace(/\[[\d\s.,]+\]/g, (list) => list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'))}\n`;
};

function write(out: string, options: Options, machine: Machine, summaries: Summary[], ratios: object): void {
  const date = new Date().toISOString();
  const { rounds, messages, connections, auth, jobs, transactions } = options;
  const settings = { rounds, messages, connections, auth, jobs, transactions };
  mkdirSync(out, { recursive: true });
  const document = { date, machine, settings, systems: summaries, ratios };
  writeFileSync(join(out, 'latest.json'), asText(document));
  const chart = barChart({
    title: 'Messages per second, everything on one machine',
    legend: { a: 'accepted', b: 'in Postgres' },
    groups: summaries.map(({ title, note, accepted, persisted }) => ({
      ...{ name: title, note },
      bars: [
        { series: 'a' as const, value: accepted },
        ...(persisted ? [{ series: 'b' as const, value: persisted }] : []),
      ],
    })),
    footnotes: [
      `${date.slice(0, 10)}: median of ${rounds} rounds of ${messages.toLocaleString('en')} messages over ${connections} connections; thin lines: lowest to highest.`,
      machineLine(machine),
    ],
  });
  writeFileSync(join(out, 'latest.svg'), chart);
  console.log(`\nWritten: ${join(out, 'latest.json')} and latest.svg`);
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      messages: { type: 'string', default: '40000' },
      connections: { type: 'string', default: '64' },
      auth: { type: 'string', default: 'remembered' },
      jobs: { type: 'string', default: '64' },
      transactions: { type: 'string', default: '32' },
      only: { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const { auth, quick } = values;
  if (auth !== 'remembered' && auth !== 'koa-jwt')
    throw new UserError('--auth is "remembered" or "koa-jwt".');
  return {
    ...{ auth, quick, only: values.only?.split(',') ?? null },
    rounds: wholeNumber('rounds', values.rounds ?? (quick ? '1' : '3'), 1, 100),
    messages: wholeNumber('messages', values.messages, 1, 10_000_000),
    connections: wholeNumber('connections', values.connections, 1, 1000),
    jobs: wholeNumber('jobs', values.jobs, 1, 1000),
    transactions: wholeNumber('transactions', values.transactions, 1, 100),
    out: values.out ?? (quick ? null : join(repoRoot, 'bench/results')),
  };
}

await runTool(usage, async (args) => {
  const options = readOptions(args);
  const all = systems(options);
  const chosen = options.only ? all.filter(({ name }) => options.only?.includes(name)) : all;
  if (chosen.length < (options.only?.length ?? 1))
    throw new UserError(`--only knows ${all.map(({ name }) => name).join(', ')}.`);
  const loadBefore = loadNow();
  await withStand({ fsync: !options.quick }, async (stand) => {
    const machine = await describeMachine(stand, loadBefore);
    console.log(`${machineLine(machine)}\nLoad average before: ${machine.loadBefore}\n`);
    const measures = new Map<string, Measure[]>(chosen.map(({ name }) => [name, []]));
    for (let round = 1; round <= options.rounds; round++) {
      for (const system of chosen) {
        const one = await measure(stand, system, options);
        measures.get(system.name)?.push(one);
        const persisted = one.persisted === null ? '' : `, persisted ${Math.round(one.persisted)}/s`;
        console.log(
          `round ${round}  ${system.title.padEnd(26)}accepted ${Math.round(one.accepted)}/s${persisted}, p99 ${one.p99.toFixed(1)} ms`,
        );
      }
    }
    const summaries = chosen.map((system) => summarize(system, measures.get(system.name) ?? []));
    const ratios = ratiosOf(measures);
    print(summaries, ratios);
    if (options.out) write(options.out, options, machine, summaries, ratios);
  });
  return true;
});
