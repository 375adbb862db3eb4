// A private Redis (or Valkey): the server on PATH, a folder, a port of 127.0.0.1.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { choosePort, type PortChoice } from '../lib/ports.ts';
import { until } from '../lib/processes.ts';
import { pingRedis } from '../lib/reachable.ts';
import { findRedisServer, oldestRedis } from '../lib/redis-server.mjs';
import { UserError } from '../lib/user-error.ts';
import { keptPassword } from './secret-file.ts';
import { endOrphan, lifeOf, logTail, type Store, spawnStore, writePidFile } from './store-process.ts';

export type RedisOptions = {
  /** Folder for data, password and log; made when missing. */
  dir: string;
  /** A free port is chosen when this is left out. */
  port?: PortChoice;
  /** Whether writes are kept on disk; true unless said otherwise. */
  appendonly?: boolean;
  /** Whether a generated password is asked for; true unless said otherwise. */
  password?: boolean;
  /** More arguments of redis-server, such as `['--maxmemory', '100mb']`. */
  extra?: string[];
  /** Told in one line what is out of the ordinary. */
  log?: (line: string) => void;
};

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** The settings stand in a file rather than in arguments, so that `ps` does not show the password. */
const configuration = (dir: string, port: number, appendonly: boolean, password: string): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${quoted(dir)}`,
    `appendonly ${appendonly ? 'yes' : 'no'}`,
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    // By the file's name the next start knows this server again.
    'proc-title-template "{title} {listen-addr} {config-file}"',
    ...(password ? [`requirepass ${password}`] : []),
    '',
  ].join('\n');

const usableServer = (): string => {
  const server = findRedisServer();
  if (server?.usable) return server.file;
  const found = server ? `${server.file} has version ${server.version}` : 'none is on PATH';
  throw new UserError(
    `A redis-server or valkey-server of version ${oldestRedis} or later is needed; ${found}.\n` +
      'Run "node scripts/setup.mjs" to get one, or set REDIS_URL.',
  );
};

/** One attempt on one port: a Store when it answers, null when it ended instead. */
const attempt = async (
  server: string,
  dir: string,
  port: number,
  options: RedisOptions,
): Promise<Store | null> => {
  const [conf, pidFile] = [join(dir, 'redis.conf'), join(dir, 'pid')];
  const password = options.password === false ? '' : keptPassword(join(dir, 'password'));
  writeFileSync(conf, configuration(dir, port, options.appendonly ?? true, password), { mode: 0o600 });
  const args = [conf, ...(options.extra ?? [])];
  const child = await spawnStore(server, args, join(dir, 'redis.log'), { cwd: dir });
  writePidFile(pidFile, child.pid);
  // SIGTERM makes Redis write and sync its append-only file before it goes.
  const life = lifeOf(child, 'SIGTERM', () => rmSync(pidFile, { force: true }));
  const url = `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}`;
  // Loading a large append-only file takes a while; until then Redis answers LOADING.
  await until(async () => life.ended() || (await pingRedis(url)) === null, 120_000, 25);
  if (!life.ended()) return { url, port, pid: child.pid, exited: life.exited, stop: life.stop };
  await life.stop();
  return null;
};

/**
 * Starts Redis on `dir` and resolves when it has loaded its data and answers. A server that a killed run left
 * behind in this folder is ended first. The URL holds the password.
 * @throws UserError saying why it did not start
 */
export async function startRedis(options: RedisOptions): Promise<Store> {
  const dir = resolve(options.dir);
  const server = usableServer();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (await endOrphan(join(dir, 'pid'), [join(dir, 'redis.conf')], 'SIGTERM'))
    options.log?.('Stopped the Redis that an earlier run left behind.');
  for (let tries = 1; ; tries++) {
    const store = await attempt(server, dir, await choosePort(options.port), options);
    if (store) return store;
    const said = logTail(join(dir, 'redis.log'));
    // Between choosing a free port and listening on it somebody else may have taken it.
    if (tries === 3 || !/Address already in use/.test(said))
      throw new UserError(`Redis did not start. The end of ${join(dir, 'redis.log')}:\n${said}`);
  }
}
