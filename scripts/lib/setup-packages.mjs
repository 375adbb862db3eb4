// node_modules as package-lock.json describes it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SetupFault, say } from './setup-system.mjs';

const readOrNull = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
};

const serves = (list, value) =>
  !list ||
  list.includes(value) ||
  (!list.includes(`!${value}`) && list.every((item) => item.startsWith('!')));

/**
 * Optional packages are those of one platform; the C library is not known here, so those that name one are
 * left out.
 */
const wanted = (entry) =>
  !entry.optional ||
  (!entry.libc && entry.os && serves(entry.os, process.platform) && serves(entry.cpu, process.arch));

/**
 * Whether what npm wrote down about node_modules (its hidden lockfile, written last) agrees with the
 * lockfile: then packages installed by hand with `npm ci` or `npm install` need not be installed again.
 */
export function installedMatches(lockText, hiddenText) {
  if (hiddenText === null) return false;
  const locked = JSON.parse(lockText).packages;
  const installed = JSON.parse(hiddenText).packages;
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '' || entry.link || !wanted(entry)) return true;
    return installed[path]?.version === entry.version;
  });
}

/** Runs npm; what it complains about is shown unless `hidden`, and returned. */
const npm = (root, args, hidden) => {
  // Below `npm start` npm says where it is itself; other package managers set the same variable.
  const given = process.env.npm_execpath ?? '';
  const [command, ...first] = basename(given) === 'npm-cli.js' ? [process.execPath, given] : ['npm'];
  // NODE_ENV=production would leave out what the tests need, and the two would undo each other's work.
  const options = ['--no-audit', '--no-fund', '--include=dev', '--loglevel=error'];
  const stdio = ['ignore', 'inherit', hidden ? 'pipe' : 'inherit'];
  const done = spawnSync(command, [...first, ...args, ...options], { cwd: root, stdio, encoding: 'utf8' });
  return { ok: done.status === 0, said: done.error?.message ?? done.stderr ?? '' };
};

const install = (root) => {
  say('installing packages (npm ci) …');
  const { ok, said } = npm(root, ['ci'], true);
  if (ok) return;
  // `npm ci` wants the lockfile to name optional packages of every platform, also of those nobody here has.
  // The versions that the lockfile does name hold for `npm install` too, which then leaves the file as it is.
  if (said.includes('EUSAGE')) {
    say('the lockfile does not name every platform; installing with npm install …');
    if (npm(root, ['install', '--no-save'], false).ok) return;
  } else process.stderr.write(said);
  throw new SetupFault(
    'The packages could not be installed; npm says why above. When that is cured, try again.',
  );
};

/** Installs the packages unless they are there; the second time this reads three files and no more. */
export function ensurePackages(root) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const modules = join(root, 'node_modules');
  const stampFile = join(modules, '.setup-stamp');
  const stamp = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
  if (readOrNull(stampFile) === stamp) return;
  if (!installedMatches(lock, readOrNull(join(modules, '.package-lock.json')))) {
    install(root);
  }
  writeFileSync(stampFile, stamp);
}
