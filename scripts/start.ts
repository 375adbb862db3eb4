// `npm start`: everything on one machine. Brings the parts up in order, says where they are, and takes them
// down in the reverse order. Each part is a file in scripts/lib or scripts/embedded.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { requireFreePort } from './lib/api-port.ts';
import { keepRunning } from './lib/children.ts';
import { Cleanup } from './lib/cleanup.ts';
import { migrateAndSeed } from './lib/database.ts';
import { keepStore } from './lib/keep-store.ts';
import { lockDataDir } from './lib/lock.ts';
import { endOrphans, writeChildren } from './lib/orphans.ts';
import { freePort } from './lib/ports.ts';
import { waitUntilReady } from './lib/ready.ts';
import { type Found, findPostgres, findRedis } from './lib/start-stores.ts';
import { onStopSignals } from './lib/stop-signals.ts';
import { dataDirOf, forgetRunning, repoRoot, shownPath, writeRunning } from './lib/stores.ts';
import { baseUrl, summary, usage } from './lib/usage.ts';
import { UserError } from './lib/user-error.ts';

const scripts = { api: 'src/server.ts', worker: 'workers/main.ts', scheduler: 'workers/scheduler.ts' };
const readyWithinMs = 60_000;

const say = (line: string) => console.log(line);
const complain = (error: unknown) => {
  const expected = error instanceof UserError || error instanceof ConfigError;
  console.error(expected ? error.message : error);
};

const stopping = new AbortController();
const cleanup = new Cleanup(complain);

/** The outcome of one step, unless somebody asked to stop while it ran. */
const step = async <T>(work: Promise<T>): Promise<T> => {
  const outcome = await work;
  stopping.signal.throwIfAborted();
  return outcome;
};

const keep = async (name: string, log: string, killBy: NodeJS.Signals, find: () => Promise<Found>) => {
  const giveUp = (error: Error) => stopping.abort(error);
  const { url, undo } = await keepStore({ name, log: shownPath(log), killBy, find, say, giveUp });
  if (undo) cleanup.add(undo);
  return url;
};

const bringUp = async (config: Config): Promise<void> => {
  const { DATA_DIR: dataDir, PORT: port } = config;
  const graceMs = (config.SHUTDOWN_GRACE + 2) * 1000;
  const unlock = lockDataDir(dataDir, port, join('scripts', 'start.ts'));
  cleanup.add({ stop: unlock, kill: unlock });
  const orphans = await step(endOrphans(dataDir, graceMs));
  if (orphans > 0) say(`Stopped ${orphans} process(es) that an earlier run left behind.`);
  await step(requireFreePort(port, config.HOST));
  const logs = { postgres: join(dataDir, 'postgres/postgres.log'), redis: join(dataDir, 'redis/redis.log') };
  // Taken down in reverse: Postgres goes last.
  const databaseUrl = await step(keep('Postgres', logs.postgres, 'SIGQUIT', () => findPostgres(config, say)));
  const redisUrl = await step(keep('Redis', logs.redis, 'SIGKILL', () => findRedis(config, say)));
  await step(migrateAndSeed(databaseUrl));
  // Chosen late, so that nobody else is likely to take it in between.
  const apiConfig = { ...config, PORT: port || (await step(freePort())) };
  const forget = () => forgetRunning(dataDir);
  writeRunning(dataDir, { pid: process.pid, port: apiConfig.PORT, databaseUrl, redisUrl });
  cleanup.add({ stop: forget, kill: forget });
  const { JWT_SECRET, OPERATOR_TOKEN } = config;
  const children = keepRunning({
    scripts,
    root: repoRoot,
    env: {
      ...process.env,
      ...{ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, JWT_SECRET, OPERATOR_TOKEN },
      ...{ DATA_DIR: dataDir, PORT: String(apiConfig.PORT) },
    },
    logDir: join(dataDir, 'logs'),
    say,
    remember: (list) => writeChildren(dataDir, list),
    giveUp: (name) =>
      stopping.abort(new UserError(`${name} refuses its configuration; its message stands above.`)),
  });
  cleanup.add({ stop: () => children.stop(graceMs), kill: children.kill });
  await waitUntilReady(`${baseUrl(apiConfig)}/readyz`, readyWithinMs, stopping.signal);
  say(summary({ config: apiConfig, databaseUrl, dataDir: shownPath(dataDir), seconds: process.uptime() }));
};

const untilAborted = () =>
  new Promise<never>((_resolve, reject) => {
    const fail = () => reject(stopping.signal.reason);
    if (stopping.signal.aborted) fail();
    else stopping.signal.addEventListener('abort', fail);
    // The children are other processes, and embedded stores may be none: something has to keep this one
    // alive.
    setInterval(() => {}, 3_600_000);
  });

const main = async (): Promise<number> => {
  const asked = Symbol('asked to stop');
  let dataDir = '';
  onStopSignals(
    () => {
      say('\nStopping … (once more to stop at once)');
      stopping.abort(asked);
    },
    () => {
      cleanup.kill();
      process.exit(130);
    },
  );
  process.on('uncaughtException', (error) => stopping.abort(error));
  // A terminal that was closed cannot be written to; that must not disturb the stop it causes.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  try {
    const config = loadConfig({ ...process.env, DATA_DIR: dataDirOf(process.env) });
    dataDir = config.DATA_DIR;
    mkdirSync(dataDir, { recursive: true });
    await bringUp(config);
    await untilAborted();
  } catch (error) {
    if (error !== asked) complain(error);
    if (error !== asked) return 1;
  } finally {
    await cleanup.stop();
  }
  say(`Stopped. Data stays in ${shownPath(dataDir)}/`);
  return 0;
};

const [flag] = process.argv.slice(2);
if (flag === '--help' || flag === '-h') say(usage());
else if (flag !== undefined) {
  console.error(`Unknown argument: ${flag}\n\n${usage()}`);
  process.exitCode = 2;
} else process.exit(await main());
