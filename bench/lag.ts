// How long after its answer is a message in Postgres, and how long does the answer take, when the server is half busy?
// Requests come due at a fixed rate, whether or not earlier ones are answered; the time of a row is that of its commit.
import { parseArgs } from 'node:util';
import { table } from '../scripts/lib/table.ts';
import { runTool } from '../scripts/lib/tool.ts';
import { loadAtRate, percentile } from './http-client.ts';
import { wholeNumber } from './lib/flags.ts';
import { describeMachine, loadNow, machineLine } from './lib/machine.ts';
import { type Stand, withStand } from './lib/stand.ts';
import { showRate, showTenths, spreadOf } from './lib/statistics.ts';
import {
  accepted,
  assertAllAccepted,
  assertComplete,
  messageRequest,
  type Product,
  sendMessages,
  startProduct,
  whenPersisted,
} from './lib/target.ts';

const usage = `Usage: npm run bench:lag -- [--seconds 20] [--rounds 3] [--rate N] [--connections 64] [--quick]

Finds the top rate with a closed loop, then sends at half of it (or at --rate) with an open loop, and tells the time
from acceptance to commit and the time of answers. Needs nothing running.

  --quick  one second, without waiting for the disk`;

interface Lag {
  topRate: number;
  rate: number;
  p50: number;
  p95: number;
  p99: number;
  slowest: number;
  answerP50: number;
  answerP99: number;
}

interface Options {
  quick: boolean;
  seconds: number;
  connections: number;
  rate: number | null;
}

/** Milliseconds from `created_at`, the time of acceptance by Redis' clock, to the commit of the row. */
async function commitLags({ pool }: Product, afterId: number): Promise<number[]> {
  const { rows } = await pool.query(
    `SELECT percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY lag) AS lags
     FROM (SELECT 1000 * extract(epoch FROM pg_xact_commit_timestamp(xmin) - created_at)::float8 AS lag
           FROM messages WHERE id > $1) AS lags`,
    [afterId],
  );
  return rows[0].lags;
}

async function round(stand: Stand, options: Options): Promise<Lag> {
  const { connections, quick, seconds } = options;
  const place = await stand.place();
  const product = await startProduct(stand, place);
  try {
    const send = async (limit: number) => {
      const result = await sendMessages(product, connections, (n) => n >= limit);
      assertAllAccepted(result);
      return result;
    };
    const warmUp = quick ? 200 : 4000;
    await send(warmUp);
    const top = await send(quick ? 1000 : 30_000);
    const topRate = accepted(top) / top.seconds;
    const before = warmUp + accepted(top);
    await whenPersisted(product, before);
    await stand.checkpoint();
    const { rows } = await place.pool.query('SELECT max(id) AS id FROM messages');
    const rate = options.rate ?? Math.round(topRate / 2);
    const result = await loadAtRate(product.origin, connections, { rate, seconds }, (n) =>
      messageRequest(product, n),
    );
    assertAllAccepted(result);
    const count = before + accepted(result);
    await whenPersisted(product, count);
    await assertComplete(product, count);
    const [p50 = 0, p95 = 0, p99 = 0, slowest = 0] = await commitLags(product, Number(rows[0].id));
    const answers = {
      answerP50: percentile(result.latencies, 0.5),
      answerP99: percentile(result.latencies, 0.99),
    };
    return { topRate, rate: accepted(result) / result.seconds, p50, p95, p99, slowest, ...answers };
  } finally {
    await product.stop();
    await place.drop();
  }
}

await runTool(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      rate: { type: 'string' },
      connections: { type: 'string', default: '64' },
      quick: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const options = {
    quick,
    seconds: wholeNumber('seconds', values.seconds ?? (quick ? '1' : '20'), 1, 3600),
    connections: wholeNumber('connections', values.connections, 1, 1000),
    rate: values.rate === undefined ? null : wholeNumber('rate', values.rate, 1, 1_000_000),
  };
  const rounds = wholeNumber('rounds', values.rounds ?? (quick ? '1' : '3'), 1, 100);
  const loadBefore = loadNow();
  const stores = { fsync: !quick, postgresSettings: { track_commit_timestamp: 'on' } };
  await withStand(stores, async (stand) => {
    const machine = await describeMachine(stand, loadBefore);
    console.log(`${machineLine(machine)}\nLoad average before: ${machine.loadBefore}\n`);
    const all: Lag[] = [];
    for (let n = 1; n <= rounds; n++) {
      const one = await round(stand, options);
      all.push(one);
      console.log(
        `round ${n}  ${Math.round(one.rate)}/s of ${Math.round(one.topRate)}/s: ` +
          `accept to commit p50 ${one.p50.toFixed(1)} ms, p99 ${one.p99.toFixed(1)} ms; answer p99 ${one.answerP99.toFixed(1)} ms`,
      );
    }
    const spread = (field: keyof Lag) => spreadOf(all.map((one) => one[field]));
    const lag = (field: keyof Lag) => showTenths(spread(field));
    console.log('\nMedians of the rounds (lowest–highest), times in ms:\n');
    console.log(
      table(
        ['', 'p50', 'p95', 'p99', 'slowest'],
        [
          ['accept to commit', lag('p50'), lag('p95'), lag('p99'), lag('slowest')],
          ['answer', lag('answerP50'), '', lag('answerP99'), ''],
        ],
      ),
    );
    console.log(`\nsent at ${showRate(spread('rate'))}/s, top rate ${showRate(spread('topRate'))}/s`);
  });
  return true;
});
