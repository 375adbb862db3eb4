// `npm run status`: what `GET /ops/api/overview` of the running product says, on a shell.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { dataDirOf } from './lib/stores.ts';
import { table } from './lib/table.ts';
import { runTool } from './lib/tool.ts';
import { baseUrl } from './lib/usage.ts';
import { UserError } from './lib/user-error.ts';

interface Overview {
  totals: Record<string, number | null>;
  lag: Record<string, number | null>;
  shards: Record<string, number>[];
  queues: { name: string; paused: boolean; counts: Record<string, number> }[];
  processes: { role: string; host: string; pid: number; version: string; seen_at: string }[];
  stores: Record<string, string>;
}

/** The port of the running `npm start`, which may not be the one that the environment names. */
function runningPort(dataDir: string): number | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8')).port;
  } catch {
    return null;
  }
}

async function readOverview(url: string, token: string): Promise<Overview> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/ops/api/overview`, { headers }).catch(() => {
    throw new UserError(`Nothing answers at ${url}. Is Anteroom running? PORT, HOST and DATA_DIR say where.`);
  });
  if (!response.ok) throw new UserError(`${url} answers ${response.status} (OPERATOR_TOKEN).`);
  return (await response.json()) as Overview;
}

const shown = (value: number | null): string => (value === null ? '–' : String(Math.round(value * 10) / 10));

const list = (pairs: Record<string, number | null>): string =>
  Object.entries(pairs)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${shown(value)}`)
    .join('   ');

function print({ totals, lag, shards, queues, processes, stores }: Overview): void {
  console.log(`writes     ${list(totals)}`);
  console.log(`lag        ${list(lag)}`);
  console.log(
    `stores     ${Object.entries(stores)
      .map(([name, state]) => `${name} ${state}`)
      .join('   ')}`,
  );
  const names = ['shard', 'epoch', 'waiting', 'oldest_seconds'];
  console.log(
    `\n${table(
      names,
      shards.map((shard) => names.map((name) => shard[name])),
    )}`,
  );
  const states = ['waiting', 'active', 'delayed', 'failed'];
  const rows = queues.map(({ name, paused, counts }) => [
    name,
    paused ? 'yes' : 'no',
    ...states.map((state) => counts[state]),
  ]);
  console.log(`\n${table(['queue', 'paused', ...states], rows)}`);
  const living = processes.map(({ role, host, pid, version, seen_at }) => [
    role,
    host,
    pid,
    version,
    seen_at,
  ]);
  console.log(`\n${table(['process', 'host', 'pid', 'version', 'seen at'], living)}`);
}

await runTool('Usage: npm run status', async (args) => {
  if (args.length > 0) return false;
  const dataDir = dataDirOf(process.env);
  const config = loadConfig({ ...process.env, DATA_DIR: dataDir });
  const port = process.env.PORT ? config.PORT : (runningPort(dataDir) ?? config.PORT);
  const url = baseUrl({ ...config, PORT: port });
  await readOverview(url, config.OPERATOR_TOKEN);
  // The second look has rates.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  print(await readOverview(url, config.OPERATOR_TOKEN));
  return true;
});
