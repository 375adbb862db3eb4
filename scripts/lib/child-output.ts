// What a child process prints: all of it to a log file, what matters to the terminal.
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** pino's numbers; anything below `warn` stays in the file. */
const levels: Record<number, string> = { 40: 'warning', 50: 'error', 60: 'fatal' };

/** A log line as the terminal shows it: pino's JSON made readable, null when it is not worth showing. */
export function readable(line: string): string | null {
  if (!line.startsWith('{')) return line.trim() ? line : null;
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level: number;
      msg?: string;
      err?: { message?: string };
    };
    if (typeof level !== 'number') return line;
    if (level < 40) return null;
    const cause = err?.message && err.message !== msg ? err.message : '';
    return `${levels[level] ?? level}: ${[msg, cause].filter(Boolean).join(': ')}`;
  } catch {
    return line;
  }
}

/** A log file that takes lines; the file of the run before is kept as `.1`. */
export function openLog(dir: string, name: string) {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${name}.log`);
  if (existsSync(file)) renameSync(file, `${file}.1`);
  const stream = createWriteStream(file, { mode: 0o600 });
  // A full disk must not end the process that stops everything in order.
  stream.on('error', () => {});
  return {
    /** Copies a child's output line by line, and shows what matters under the process's name. */
    follow(output: Readable, show: (line: string) => void): void {
      createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
        stream.write(`${line}\n`);
        const text = readable(line);
        if (text !== null) show(`[${name}] ${text}`);
      });
    },
  };
}
