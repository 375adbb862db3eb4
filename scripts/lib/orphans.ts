// The processes of this start, written down, so that the next start can end what a `kill -9` left behind.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, endProcess } from './processes.ts';

type Entry = { pid: number; file: string };

const fileIn = (dataDir: string) => join(dataDir, 'children.json');

/** Writes the living children down, all at once or not at all. */
export function writeChildren(dataDir: string, children: Entry[]): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(children)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Ends every child of an earlier start that still runs, and says how many there were. A pid whose command
 * line does not name the child's script belongs to somebody else by now and is left alone.
 */
export async function endOrphans(dataDir: string, graceMs: number): Promise<number> {
  let children: Entry[] = [];
  try {
    children = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Entry[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  const ours = children.filter(({ pid, file }) => commandLine(pid)?.includes(file));
  await Promise.all(ours.map(({ pid }) => endProcess(pid, 'SIGTERM', graceMs)));
  rmSync(fileIn(dataDir), { force: true });
  return ours.length;
}
