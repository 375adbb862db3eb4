// One `npm start` per data folder.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from './processes.ts';
import { shownPath } from './stores.ts';
import { UserError } from './user-error.ts';

type Holder = { pid: number; port: number };

const read = (file: string): Holder | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch (error) {
    // Not JSON: a start that was killed while it wrote.
    if (error instanceof SyntaxError) return { pid: 0, port: 0 };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const code = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** Complete or not there: a file that is written first and linked into place can never be read half. */
const place = (file: string, holder: Holder): boolean => {
  const draft = `${file}.${holder.pid}`;
  writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (code(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Removes a stale lock, but puts it back when somebody else took it over in between. */
const removeStale = (file: string, stale: Holder): void => {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (read(aside)?.pid !== stale.pid) linkSync(aside, file);
  } catch (error) {
    if (code(error) !== 'ENOENT' && code(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
};

/**
 * Takes the data folder for this process until the returned function is called. The lock of a process that is
 * gone, or whose pid now belongs to something whose command line does not hold `mark`, is taken over.
 * @throws UserError naming the process that holds it
 */
export function lockDataDir(dataDir: string, port: number, mark: string): () => void {
  const file = join(dataDir, 'start.lock');
  const mine = { pid: process.pid, port };
  while (!place(file, mine)) {
    const holder = read(file);
    if (!holder) continue;
    // After a reboot, or in a new container, the old pid may even be our own.
    const alive = holder.pid !== process.pid && commandLine(holder.pid)?.includes(mark);
    if (alive)
      throw new UserError(
        `Anteroom already runs on ${shownPath(dataDir)}/: process ${holder.pid}, PORT=${holder.port}.\n` +
          `Stop it (kill ${holder.pid}), or start a second one beside it: ` +
          `PORT=${holder.port + 1} DATA_DIR=.data2 npm start`,
      );
    removeStale(file, holder);
  }
  return () => {
    if (read(file)?.pid === mine.pid) rmSync(file, { force: true });
  };
}
