// Looking at processes by pid and ending them; a pid alone proves nothing, its command line does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Command line of a living process, its arguments joined by spaces; null when there is no such process. */
export function commandLine(pid: number): string | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (process.platform === 'linux') {
    try {
      // A zombie has an empty command line: it holds nothing any more, so it counts as gone.
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || null;
    } catch {
      return null;
    }
  }
  const found = spawnSync('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)], { encoding: 'utf8' });
  const [, state, command] = /^(\S+)\s+(.*)$/s.exec((found.stdout ?? '').trim()) ?? [];
  return !command || state?.startsWith('Z') ? null : command;
}

/** Polls until `condition` holds; false when it did not within `milliseconds`. */
export async function until(condition: () => boolean | Promise<boolean>, milliseconds: number, every = 20) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= deadline) return false;
    await sleep(every);
  }
}

/** Sends a signal; a process that has gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks a process to end, waits for it, and ends it by SIGKILL when `graceMs` were not enough. */
export async function endProcess(pid: number, ask: NodeJS.Signals, graceMs: number): Promise<void> {
  const gone = () => commandLine(pid) === null;
  if (gone()) return;
  signal(pid, ask);
  if (await until(gone, graceMs)) return;
  signal(pid, 'SIGKILL');
  await until(gone, 5_000);
}
