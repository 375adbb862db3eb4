// Where this checkout keeps its data, and where the stores of a running `npm start` answer.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from './processes.ts';
import { UserError } from './user-error.ts';

/** Root folder of the checkout. */
export const repoRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Full path of the data folder: `DATA_DIR`, else `.data` in the checkout, wherever the command was typed. */
export const dataDirOf = (env: NodeJS.ProcessEnv): string => resolve(env.DATA_DIR || join(repoRoot, '.data'));

/** A path the way a person would type it: relative when it lies below the current folder. */
export const shownPath = (path: string): string => {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short || '.';
};

/** What a running `npm start` tells the command line tools. */
export type Running = { pid: number; port: number; databaseUrl: string; redisUrl: string };

const fileIn = (dataDir: string) => join(dataDir, 'running.json');

/** Writes what runs, readable by its owner only: the URLs hold passwords. */
export function writeRunning(dataDir: string, running: Running): void {
  forgetRunning(dataDir);
  writeFileSync(fileIn(dataDir), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}

export const forgetRunning = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true });

/** What runs on this data folder, or null; a file that a killed start left behind does not count. */
export function readRunning(dataDir: string): Running | null {
  try {
    const running = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Running;
    return commandLine(running.pid) === null ? null : running;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * The Postgres that a command line tool shall use: `DATABASE_URL`, else the one of the running `npm start`.
 * @throws UserError when there is neither
 */
export function findDatabaseUrl(env: NodeJS.ProcessEnv): string {
  if (env.DATABASE_URL) return env.DATABASE_URL;
  const dataDir = dataDirOf(env);
  const running = readRunning(dataDir);
  if (running) return running.databaseUrl;
  throw new UserError(
    `No database: DATABASE_URL is not set and nothing runs on ${shownPath(dataDir)}/. Run "npm start" first.`,
  );
}
