// How fast does one worker drain a backlog, and what memory does it take for that? Messages are accepted while no
// worker runs; then one is started, and watched.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { table } from '../scripts/lib/table.ts';
import { runTool } from '../scripts/lib/tool.ts';
import { wholeNumber } from './lib/flags.ts';
import { describeMachine, loadNow, machineLine } from './lib/machine.ts';
import { type Stand, withStand } from './lib/stand.ts';
import { showRate, showTenths, spreadOf } from './lib/statistics.ts';
import {
  assertAllAccepted,
  assertComplete,
  type Product,
  sendMessages,
  startProduct,
  whenPersisted,
} from './lib/target.ts';

const usage = `Usage: npm run bench:drain -- [--messages 200000] [--rounds 3] [--connections 64] [--quick]

Fills the outbox through the API while no worker runs, then starts one and measures rows per second, its processor
time and its memory. Needs nothing running. At most 1,000,000 messages.

  --quick  1,000 messages, without waiting for the disk`;

/** Between two looks. */
const EVERY_MS = 100;
/** What the kernel counts processor time in, on every Linux that Node runs on. */
const TICKS = 100;

/** Memory in MB and processor time in seconds of a process; null where the system does not tell. */
function lookAt(pid: number): { megabytes: number; cpuSeconds: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      megabytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    };
  } catch {
    return null;
  }
}

interface Drain {
  rowsPerSecond: number;
  /** Of the worker, for a row. */
  cpuMicros: number;
  firstRowSeconds: number;
  memoryMedian: number;
  memoryPeak: number;
}

async function appliedCount({ pool }: Product): Promise<number> {
  const { rows } = await pool.query('SELECT sum(applied_count) AS count FROM outbox_offsets');
  return Number(rows[0].count);
}

/** Starts a worker and watches it until nothing waits. */
async function drain(product: Product, messages: number): Promise<Drain> {
  const before = await appliedCount(product);
  const startedAt = performance.now();
  const worker = product.startWorker();
  let firstAt = 0;
  let atFirst = { done: 0, cpuSeconds: 0 };
  const memory: number[] = [];
  for (;;) {
    await Promise.race([sleep(EVERY_MS), worker.failed]);
    const done = (await appliedCount(product)) - before;
    const seen = lookAt(worker.pid);
    if (seen && done > 0) memory.push(seen.megabytes);
    if (done > 0 && firstAt === 0) {
      firstAt = performance.now();
      atFirst = { done, cpuSeconds: seen?.cpuSeconds ?? 0 };
    }
    if (done < messages) continue;
    const now = performance.now();
    await worker.stop();
    // From the first look with rows on, so that the start of a process is not counted as draining.
    const rows = messages - atFirst.done;
    const { median, max } = spreadOf(memory);
    return {
      rowsPerSecond: rows > 0 ? rows / ((now - firstAt) / 1000) : messages / ((now - startedAt) / 1000),
      cpuMicros: rows > 0 && seen ? ((seen.cpuSeconds - atFirst.cpuSeconds) * 1e6) / rows : 0,
      firstRowSeconds: (firstAt - startedAt) / 1000,
      memoryMedian: median,
      memoryPeak: max,
    };
  }
}

async function round(stand: Stand, messages: number, connections: number): Promise<Drain> {
  const place = await stand.place();
  // An application may fill half of the outbox alone.
  const room = { OUTBOX_MAX: String(messages * 3), OUTBOX_MAX_BYTES: '4000000000' };
  const product = await startProduct(stand, place, { settings: room });
  try {
    await whenPersisted(product, 0);
    await product.worker.stop();
    const filled = await sendMessages(product, connections, (n) => n >= messages);
    assertAllAccepted(filled);
    await stand.checkpoint();
    const result = await drain(product, messages);
    await assertComplete(product, messages);
    return result;
  } finally {
    await product.stop();
    await place.drop();
  }
}

await runTool(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string', default: '64' },
      quick: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const messages = wholeNumber('messages', values.messages ?? (quick ? '1000' : '200000'), 1, 1_000_000);
  const rounds = wholeNumber('rounds', values.rounds ?? (quick ? '1' : '3'), 1, 100);
  const connections = wholeNumber('connections', values.connections, 1, 1000);
  const loadBefore = loadNow();
  await withStand({ fsync: !quick }, async (stand) => {
    const machine = await describeMachine(stand, loadBefore);
    console.log(`${machineLine(machine)}\nLoad average before: ${machine.loadBefore}\n`);
    const all: Drain[] = [];
    for (let n = 1; n <= rounds; n++) {
      const one = await round(stand, messages, connections);
      all.push(one);
      console.log(
        `round ${n}  ${Math.round(one.rowsPerSecond)} rows/s, ${Math.round(one.memoryPeak)} MB at most`,
      );
    }
    const spread = (field: keyof Drain) => spreadOf(all.map((one) => one[field]));
    console.log(
      `\nOne worker, ${messages.toLocaleString('en')} messages waiting, medians (lowest–highest):\n`,
    );
    console.log(
      table(
        ['rows/s', 'worker µs of processor per row', 'start to first rows, s', 'memory MB, median', 'peak'],
        [
          [
            showRate(spread('rowsPerSecond')),
            showTenths(spread('cpuMicros')),
            showTenths(spread('firstRowSeconds')),
            showTenths(spread('memoryMedian')),
            showTenths(spread('memoryPeak')),
          ],
        ],
      ),
    );
  });
  return true;
});
