// A Redis or Valkey server on PATH, installed by the system's package manager when there is none.
import { spawnSync } from 'node:child_process';
import { findOnPath, findRedisServer, oldestRedis } from './redis-server.mjs';
import { SetupFault, say } from './setup-system.mjs';

/**
 * Run as root. Debian starts what it installs, which would put a Redis on port 6379 that nobody asked for: a
 * policy forbids it for the moment (an existing one is left alone), and the service is not started at the
 * next boot either.
 */
const aptScript = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends "$1" >/dev/null || exit 1
if command -v systemctl >/dev/null; then systemctl disable "$1" >/dev/null 2>&1 || true; fi
`;

/**
 * The package managers that are known here: the package, and what a person types who has to do it by hand.
 */
const managers = {
  'apt-get': {
    package: 'redis-server',
    asRoot: true,
    byHand: 'apt-get update && apt-get install -y redis-server',
  },
  dnf: { package: 'valkey', asRoot: true, install: ['install', '-y', '-q'], byHand: 'dnf install -y valkey' },
  apk: { package: 'valkey', asRoot: true, install: ['add', '-q'], byHand: 'apk add valkey' },
  brew: { package: 'redis', asRoot: false, install: ['install', '--quiet'], byHand: 'brew install redis' },
};

const quiet = (command, args) =>
  spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * What must stand before a command so that it runs as root: nothing, `sudo -n`, or null when neither works.
 */
const rootPrefix = () => {
  if (process.getuid() === 0) return [];
  const sudo = findOnPath('sudo');
  return sudo && quiet(sudo, ['-n', 'true']).status === 0 ? [sudo, '-n'] : null;
};

/** Debian and Ubuntu know several versions; the first package that is new enough, or null. */
const aptPackage = () =>
  ['redis-server', 'valkey-server'].find((name) => {
    const candidate = /Candidate: (?:\d+:)?(\d+)/.exec(quiet('apt-cache', ['policy', name]).stdout ?? '');
    return Number(candidate?.[1] ?? 0) >= oldestRedis;
  }) ?? null;

/** Runs an installer; its many words are shown only when it fails. */
const runInstaller = (command, ...args) => {
  const { status, stderr } = quiet(command, args);
  if (status !== 0) process.stderr.write(stderr ?? '');
  return status === 0;
};

const viaApt = (prefix) => {
  const run = (...command) => runInstaller(...prefix, ...command);
  const install = () => {
    const name = aptPackage();
    if (name === null) return false;
    say(`installing ${name} (apt-get) …`);
    return run('sh', '-c', aptScript, 'sh', name);
  };
  if (install()) return;
  // Package lists that are missing or too old look like a missing package.
  say('refreshing the package lists (apt-get update) …');
  run('apt-get', 'update', '-qq');
  install();
};

const install = (name, prefix) => {
  if (name === 'apt-get') return viaApt(prefix);
  const manager = managers[name];
  say(`installing ${manager.package} (${name}) …`);
  runInstaller(...prefix, name, ...manager.install, manager.package);
};

/** What a person has to do who must install Redis without this script's help. */
const instructions = ({ found, manager, root }) => {
  const state = found ? `${found.file} has version ${found.version}` : 'and none is on PATH';
  const need = `A redis-server or valkey-server of version ${oldestRedis} or later is needed, ${state}.`;
  const elsewhere = 'Or set REDIS_URL to a Redis that runs elsewhere.';
  const newer = 'https://redis.io/docs/latest/operate/oss_and_stack/install/';
  if (found) return `${need}\nHow to install a newer one: ${newer}\n${elsewhere}`;
  if (!manager) return `${need}\nHow to install one: ${newer}\n${elsewhere}`;
  const { asRoot, byHand } = managers[manager];
  const command = asRoot && !root ? byHand.replace(/(^|&& )/g, '$1sudo ') : byHand;
  return `${need}\nRun this, then try again:\n\n  ${command}\n\n${elsewhere}`;
};

/** Finds a usable server, or installs one where that works without asking; else throws what to do. */
export function ensureRedis() {
  if (findRedisServer()?.usable) return;
  const manager = Object.keys(managers).find((name) => findOnPath(name)) ?? null;
  const prefix = manager && (managers[manager].asRoot ? rootPrefix() : []);
  if (manager && prefix) {
    install(manager, prefix);
    if (findRedisServer()?.usable) return;
  }
  const root = process.getuid() === 0;
  throw new SetupFault(instructions({ found: findRedisServer(), manager, root }));
}
