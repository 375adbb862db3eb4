// A real Postgres of our own: the binaries that npm brought, a folder, a port of 127.0.0.1.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { choosePort, type PortChoice } from '../lib/ports.ts';
import { until } from '../lib/processes.ts';
import { UserError } from '../lib/user-error.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { ensureCluster } from './postgres-cluster.ts';
import { ensureDatabase } from './postgres-database.ts';
import { chooseRunAs, type RunAs } from './run-as.ts';
import { keptPassword } from './secret-file.ts';
import { endOrphan, lifeOf, logTail, type Store, spawnStore } from './store-process.ts';

export type PostgresOptions = {
  /** Folder for the cluster, its password and its log; made when missing. */
  dir: string;
  /** A free port is chosen when this is left out. */
  port?: PortChoice;
  /** `false` for tests: faster, and nothing survives a power cut. */
  fsync?: boolean;
  /** Told in one line what takes long. */
  log?: (line: string) => void;
};

const settings = (port: number, fsync: boolean): string[] => {
  const durability = fsync ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const all = {
    ...{ listen_addresses: '127.0.0.1', port, unix_socket_directories: '', max_connections: 200 },
    ...{ shared_buffers: '256MB', wal_compression: 'on', max_wal_size: '2GB', checkpoint_timeout: '15min' },
    ...{ jit: 'off', timezone: 'UTC', log_timezone: 'UTC', log_line_prefix: '%m [%p] ' },
    ...durability,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
};

type Place = { program: string; dataDir: string; logFile: string; runAs: RunAs };

/** One attempt on one port: a Store when it answers, null when it ended instead. */
const attempt = async (place: Place, port: number, fsync: boolean, url: string): Promise<Store | null> => {
  const postgresArgs = ['-D', place.dataDir, ...settings(port, fsync)];
  const [command, args, options] = place.runAs.command(place.program, postgresArgs);
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  const child = await spawnStore(command, args, place.logFile, { ...options, env, cwd: '/' });
  const life = lifeOf(child, 'SIGINT');
  try {
    // A cluster that crashed under load replays its log first, which may take a while.
    await until(async () => life.ended() || (await ensureDatabase(url)), 120_000, 25);
  } catch (error) {
    await life.stop();
    throw error;
  }
  if (!life.ended()) return { url, port, pid: child.pid, exited: life.exited, stop: life.stop };
  await life.stop();
  return null;
};

/**
 * Faults of a start that pass by themselves: a port taken meanwhile, backends of a killed server still
 * ending.
 */
const passing = /Address already in use|could not bind|pre-existing shared memory block/;

/**
 * Starts Postgres on `dir` and resolves when its database `anteroom` answers. Whatever a killed run left
 * behind in this folder is ended first. The URL holds the password.
 * @throws UserError saying why it did not start
 */
export async function startPostgres(options: PostgresOptions): Promise<Store> {
  const { fsync = true, log = () => {} } = options;
  const dir = resolve(options.dir);
  const dataDir = join(dir, 'data');
  const logFile = join(dir, 'postgres.log');
  const passwordFile = join(dir, 'password');
  const { postgres: program, initdb } = await postgresBinaries();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const password = keptPassword(passwordFile);
  if (await endOrphan(join(dataDir, 'postmaster.pid'), ['postgres', `-D ${dataDir}`], 'SIGINT'))
    log('Stopped the Postgres that an earlier run left behind.');
  const runAs = chooseRunAs(program, dir);
  ensureCluster({ initdb, dataDir, passwordFile, runAs, sync: fsync });
  for (let tries = 1; ; tries++) {
    const port = await choosePort(options.port);
    const url = `postgres://anteroom:${password}@127.0.0.1:${port}/anteroom`;
    const store = await attempt({ program, dataDir, logFile, runAs }, port, fsync, url);
    if (store) return store;
    const said = logTail(logFile);
    if (tries === 5 || !passing.test(said))
      throw new UserError(`Postgres did not start. The end of ${logFile}:\n${said}`);
    await until(() => false, 200 * tries);
  }
}
