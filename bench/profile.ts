// Where does the API spend its time under load? Profiles one run and lists the functions with the most time of their own.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../scripts/lib/table.ts';
import { runTool } from '../scripts/lib/tool.ts';
import { wholeNumber } from './lib/flags.ts';
import { type Stand, withStand } from './lib/stand.ts';
import { assertAllAccepted, sendMessages, startProduct } from './lib/target.ts';

const usage = `Usage: npm run bench:profile -- [--messages 100000] [--connections 64] [--top 25] [--save FILE] [--quick]

Profiles the API process (--cpu-prof) while it accepts messages. Needs nothing running.

  --save  keeps the profile, for the developer tools of a browser`;

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

/** A file as a reader knows it: `src/…`, the name of a package, or Node's own. */
function placeOf(url: string): string {
  const inPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*\/node_modules\/)/.exec(url)?.[1];
  if (inPackage) return inPackage;
  return /\/((?:src|config)\/.*)$/.exec(url)?.[1] ?? (url || 'native');
}

/** What a place belongs to, for the coarse view. */
function partOf(name: string, place: string): string {
  if (name === '(garbage collector)') return 'garbage collection';
  if (name === '(idle)' || name === '(program)') return name;
  if (place.startsWith('src/') || place.startsWith('config/')) return 'Anteroom';
  return place.startsWith('node:')
    ? 'Node (JavaScript)'
    : place === 'native'
      ? 'native code'
      : `package ${place}`;
}

const servesRequests = ({ callFrame }: Profile['nodes'][number]) => callFrame.url.includes('/src/reserve/');

function addTo(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function report({ nodes, samples, timeDeltas }: Profile, top: number): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const parts = new Map<string, number>();
  let busy = 0;
  // What comes before is the start of the process.
  const servesAt = new Set(nodes.filter(servesRequests).map(({ id }) => id));
  const from = samples.findIndex((id) => servesAt.has(id));
  for (const [i, id] of samples.entries()) {
    if (i < from) continue;
    const { functionName, url, lineNumber } = frames.get(id)!;
    const name = functionName || '(anonymous)';
    if (name === '(idle)') continue;
    const micros = timeDeltas[i] ?? 0;
    const place = placeOf(url);
    busy += micros;
    addTo(parts, partOf(name, place), micros);
    // tsx puts a file of ours on one line.
    const line = place.startsWith('node:') ? `:${lineNumber + 1}` : '';
    addTo(functions, `${name}\t${place}${line}`, micros);
  }
  const share = (micros: number) => `${((micros / busy) * 100).toFixed(1)} %`;
  const ranked = (sums: Map<string, number>) => [...sums].toSorted((a, b) => b[1] - a[1]);
  console.log(
    `\nBusy for ${(busy / 1e6).toFixed(1)} s; shares of that, each function without what it calls.\n`,
  );
  console.log(
    table(
      ['share', 'part'],
      ranked(parts)
        .slice(0, 14)
        .map(([part, micros]) => [share(micros), part]),
    ),
  );
  console.log();
  const rows = ranked(functions)
    .slice(0, top)
    .map(([key, micros]) => [share(micros), ...key.split('\t')]);
  console.log(table(['share', 'function', 'where'], rows));
}

async function profile(stand: Stand, messages: number, connections: number, dir: string): Promise<Profile> {
  const place = await stand.place();
  const apiArgs = ['--cpu-prof', `--cpu-prof-dir=${dir}`, '--cpu-prof-interval=500'];
  const product = await startProduct(stand, place, { apiArgs });
  try {
    const result = await sendMessages(product, connections, (n) => n >= messages);
    assertAllAccepted(result);
    console.log(`${Math.round(messages / result.seconds)} messages/s while profiled`);
  } finally {
    await product.stop();
    await place.drop();
  }
  // Node writes one for each thread; the others load modules.
  const all = readdirSync(dir).map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as Profile);
  const found = all.find(({ nodes }) => nodes.some(servesRequests));
  if (!found) throw new Error('the API left no profile');
  return found;
}

await runTool(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string' },
      connections: { type: 'string', default: '64' },
      top: { type: 'string', default: '25' },
      save: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const messages = wholeNumber(
    'messages',
    values.messages ?? (values.quick ? '1000' : '100000'),
    1,
    10_000_000,
  );
  const connections = wholeNumber('connections', values.connections, 1, 1000);
  const top = wholeNumber('top', values.top, 1, 1000);
  const dir = mkdtempSync(join(tmpdir(), 'anteroom-profile-'));
  try {
    await withStand({ fsync: !values.quick }, async (stand) => {
      const found = await profile(stand, messages, connections, dir);
      if (values.save) writeFileSync(values.save, JSON.stringify(found));
      report(found, top);
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return true;
});
