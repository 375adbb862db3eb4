/** A setting that the bench gives to every process. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** How many statements or jobs are under way at the same time. */
export const concurrency = (): number => Number(setting('BENCH_CONCURRENCY'));
