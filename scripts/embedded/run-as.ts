// Postgres refuses to run as root. This finds another user for it, and a way to become that user that also
// works when the checkout lies below a folder that only root may enter (`mktemp -d` makes such folders).
import { type SpawnOptions, spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../lib/user-error.ts';

/** How to start a program of Postgres: the command line to use in its place, and whose the files must be. */
export type RunAs = {
  command(program: string, args: string[]): [program: string, args: string[], options: SpawnOptions];
  /** Hands a file or folder, and what is in it, to the user that Postgres runs as. */
  own(path: string): void;
};

type User = { uid: number; gid: number };

const asSelf: RunAs = { command: (program, args) => [program, args, {}], own: () => {} };

/** initdb looks its user up by number, so only users with an entry of their own will do. */
const chooseUser = (dir: string): User => {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const owner = statSync(dir).uid;
  const user =
    users.find(({ uid }) => uid === owner && uid !== 0) ??
    users.find(({ name }) => name === 'postgres') ??
    users.find(({ name }) => name === 'nobody');
  if (!user)
    throw new UserError('Postgres does not run as root, and this system has no user "postgres" or "nobody".');
  return user;
};

const chownTree = (path: string, { uid, gid }: User): void => {
  const found = lstatSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) chownTree(join(path, name), { uid, gid });
  if (found.uid !== uid && !found.isSymbolicLink()) chownSync(path, uid, gid);
};

const plain = ({ uid, gid }: User): RunAs['command'] => {
  return (program, args) => [program, args, { uid, gid }];
};

/**
 * Another user that may pass closed folders. `no_setuid_fixup` matters: without it access(2) leaves the
 * capabilities out of account, and initdb asks access(2) whether it may run the `postgres` next to it.
 */
const withCapabilities = ({ uid, gid }: User, capabilities: string): RunAs['command'] => {
  const flags = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--securebits=+no_setuid_fixup'];
  const sets = [`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`];
  return (program, args) => ['setpriv', [...flags, ...sets, '--', program, ...args], {}];
};

/** A way works when that user can run the binary and enter the data folder. */
const works = (way: RunAs['command'], postgres: string, dir: string): boolean => {
  const runs = (program: string, args: string[]) => {
    const [command, commandArgs, options] = way(program, args);
    const { uid, gid } = options;
    return spawnSync(command, commandArgs, { uid, gid, cwd: '/', encoding: 'utf8', timeout: 20_000 });
  };
  const version = runs(postgres, ['-V']);
  // The server still answers -V when access(2) says no, and fails later; its complaint is on stderr.
  if (version.status !== 0 || /invalid binary/.test(version.stderr)) return false;
  return runs('/bin/sh', ['-c', 'cd "$1"', 'sh', dir]).status === 0;
};

/**
 * Decides as whom Postgres runs. Not root: as this user. Root: as the owner of `dir`, `postgres` or `nobody`,
 * with as few capabilities as suffice to reach the binaries and `dir`.
 * @throws UserError when no way is open
 */
export function chooseRunAs(postgres: string, dir: string): RunAs {
  if (process.getuid?.() !== 0) return asSelf;
  const user = chooseUser(dir);
  const own = (path: string) => chownTree(path, user);
  own(dir);
  const ways = [
    plain(user),
    withCapabilities(user, '+dac_override,+dac_read_search'),
    withCapabilities(user, '+dac_override'),
  ];
  const command = ways.find((way) => works(way, postgres, dir));
  if (command) return { command, own };
  throw new UserError(
    `Postgres does not run as root, and user ${user.uid} may not enter ${dir} or run ${postgres}.\n` +
      'Run this as another user, move the checkout to a folder that others may enter, or set DATABASE_URL.',
  );
}
