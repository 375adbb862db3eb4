// Keeps the product's processes running: starts them, starts again what dies, stops them together.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openLog } from './child-output.ts';
import { endProcess, signal } from './processes.ts';

/** A process's exit code that says "my configuration is wrong": starting it again cannot help (EX_CONFIG). */
const wrongConfiguration = 78;

const firstDelayMs = 500;
const longestDelayMs = 10_000;
/** A process that lived this long had started well: its next fault is a new one. */
const goodLifeMs = 30_000;

export type ChildrenOptions = {
  /** Name of each process and its script, relative to `root`. */
  scripts: Record<string, string>;
  root: string;
  env: NodeJS.ProcessEnv;
  logDir: string;
  say(line: string): void;
  /** Told which processes live whenever that changes. */
  remember(children: { pid: number; file: string }[]): void;
  /** A process says that its configuration is wrong; it is not started again. */
  giveUp(name: string): void;
};

// By its full path, for the folder this was started from need not be the checkout.
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

const describe = (child: ChildProcess) =>
  child.signalCode ? `was ended by ${child.signalCode}` : `ended with code ${child.exitCode}`;

/**
 * Starts every script and keeps it running until `stop`, which asks by SIGTERM and insists after `graceMs`.
 */
export function keepRunning(options: ChildrenOptions) {
  const { root, env, say } = options;
  const living = new Map<number, { file: string; exited: Promise<unknown> }>();
  const waiting = new Set<NodeJS.Timeout>();
  let stopping = false;

  const note = () => options.remember([...living].map(([pid, { file }]) => ({ pid, file })));

  const keep = (name: string, script: string) => {
    const file = join(root, script);
    const log = openLog(options.logDir, name);
    let delay = firstDelayMs;

    const start = () => {
      const born = Date.now();
      // A group of its own: a Ctrl-C in the terminal reaches only the process that knows the right order.
      const child = spawn(process.execPath, ['--import', tsx, '--enable-source-maps', file], {
        ...{ cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      });
      for (const output of [child.stdout, child.stderr]) if (output) log.follow(output, say);
      const { pid } = child;
      if (pid) living.set(pid, { file, exited: once(child, 'exit') });
      note();
      let over = false;
      const ended = (how: string) => {
        if (over) return;
        over = true;
        if (pid) living.delete(pid);
        note();
        if (stopping) return;
        if (child.exitCode === wrongConfiguration) return options.giveUp(name);
        if (Date.now() - born >= goodLifeMs) delay = firstDelayMs;
        say(`[${name}] ${how}; starting it again in ${delay / 1000} s.`);
        const timer = setTimeout(() => {
          waiting.delete(timer);
          start();
        }, delay);
        waiting.add(timer);
        delay = Math.min(delay * 2, longestDelayMs);
      };
      child.once('error', (error) => ended(`could not be started (${error.message})`));
      child.once('exit', () => ended(describe(child)));
    };
    start();
  };

  const rest = () => {
    stopping = true;
    for (const timer of waiting) clearTimeout(timer);
    return [...living];
  };
  for (const [name, script] of Object.entries(options.scripts)) keep(name, script);
  return {
    async stop(graceMs: number): Promise<void> {
      const end = async ([pid, { exited }]: ReturnType<typeof rest>[number]) => {
        await endProcess(pid, 'SIGTERM', graceMs);
        // Gone is not yet told: wait until `living` and what is remembered of it say so too.
        await exited;
      };
      await Promise.all(rest().map(end));
    },
    kill(): void {
      for (const [pid] of rest()) signal(pid, 'SIGKILL');
    },
  };
}
