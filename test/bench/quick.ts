// One pass of a bench as a person would start it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Pass {
  code: number | null;
  output: string;
}

/** Runs a file of bench/ to its end. */
export async function runBench(file: string, args: string[]): Promise<Pass> {
  const child = spawn(process.execPath, ['--import', 'tsx', `bench/${file}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output: `${out}${err}` };
}

/** The numbers of a line, without what stands between thousands. */
export const numbersIn = (line: string): number[] =>
  [...line.matchAll(/\d[\d,]*(?:\.\d+)?/g)].map(([found]) => Number(found.replaceAll(',', '')));

/** The first line of the output that fits. */
export function lineOf({ output }: Pass, pattern: RegExp): string {
  const line = output.split('\n').find((one) => pattern.test(one));
  if (line === undefined) throw new Error(`no line like ${pattern} in:\n${output}`);
  return line;
}
