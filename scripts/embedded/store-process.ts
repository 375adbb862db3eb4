// What the embedded stores have in common: a process of its own group, a pid file, a log file, an ordered
// end.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { commandLine, endProcess } from '../lib/processes.ts';

/** A store that runs: where it answers, and how to end it. `stop` may be called more than once. */
export type Store = {
  url: string;
  port: number;
  pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  exited: Promise<void>;
  stop(): Promise<void>;
};

/** A log this long, in bytes, is moved aside at the next start; the one before it goes. */
const longLog = 10_000_000;

const setLongLogAside = (file: string): void => {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found && found.size > longLog) renameSync(file, `${file}.1`);
};

/**
 * Starts a store's process in a group of its own, so that a Ctrl-C in the terminal reaches only the process
 * that knows the right order to stop things. Its output goes to the end of `logFile`.
 */
export async function spawnStore(command: string, args: string[], logFile: string, options: SpawnOptions) {
  setLongLogAside(logFile);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', log, log] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return child as ChildProcess & { pid: number };
  } finally {
    closeSync(log);
  }
}

/**
 * The life of a store's process: has it ended, wait for that, or bring it about (asking by `ask`, at most
 * once).
 */
export function lifeOf(child: ChildProcess & { pid: number }, ask: NodeJS.Signals, afterwards = () => {}) {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= endProcess(child.pid, ask, 10_000)
      .then(() => exited)
      .then(afterwards);
    return stopping;
  };
  return { exited, stop, ended: () => child.exitCode !== null || child.signalCode !== null };
}

/** Remembers which process serves a folder, for the next start after a `kill -9`. */
export const writePidFile = (file: string, pid: number): void => writeFileSync(file, `${pid}\n`);

/**
 * Ends the process that a killed run left behind: the one whose pid stands on the first line of `file`, if
 * its command line still holds every one of `marks`. The file is removed in any case.
 */
export async function endOrphan(file: string, marks: string[], ask: NodeJS.Signals): Promise<boolean> {
  let pid = 0;
  try {
    pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const running = commandLine(pid);
  const ours = running !== null && marks.every((mark) => running.includes(mark));
  if (ours) await endProcess(pid, ask, 10_000);
  rmSync(file, { force: true });
  return ours;
}

/** The last lines of a log, for the message that says why a store did not start. */
export function logTail(file: string, lines = 8): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
