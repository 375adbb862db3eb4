// The files of a database cluster: made once by initdb.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { UserError } from '../lib/user-error.ts';
import type { RunAs } from './run-as.ts';

type Cluster = { initdb: string; dataDir: string; passwordFile: string; runAs: RunAs; sync: boolean };

/**
 * The builtin provider folds the case of every script and sorts the same on every machine. LC_CTYPE has to
 * know UTF-8 besides, for pg_trgm takes letters from there; macOS does not know "C.UTF-8", hence the second
 * name.
 */
const characterTypes = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** Makes the cluster `dataDir` unless it exists. A cluster appears complete or not at all. */
export function ensureCluster({ initdb, dataDir, passwordFile, runAs, sync }: Cluster): void {
  if (existsSync(dataDir)) return;
  const unfinished = `${dataDir}.new`;
  let said = '';
  for (const type of characterTypes) {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    runAs.own(unfinished);
    const [command, args, options] = runAs.command(initdb, [
      ...['-D', unfinished, '-U', 'anteroom', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--locale=C', `--lc-ctype=${type}`, '--no-instructions', ...(sync ? [] : ['--no-sync'])],
    ]);
    const env = { PATH: process.env.PATH, LC_ALL: 'C' };
    const { uid, gid } = options;
    const made = spawnSync(command, args, { uid, gid, cwd: '/', env, encoding: 'utf8' });
    if (made.status === 0) {
      renameSync(unfinished, dataDir);
      return;
    }
    said = made.error?.message ?? made.stderr;
    if (!/locale/i.test(said)) break;
  }
  rmSync(unfinished, { recursive: true, force: true });
  throw new UserError(`initdb could not make a database in ${dataDir}:\n${said.trim()}`);
}
