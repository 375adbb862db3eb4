// Tells an entry that Postgres will never take from everything else that can go wrong.

/** A fault of one entry that we notice before Postgres does; carries the SQLSTATE it would have had. */
export class RefusedEntryError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'RefusedEntryError';
    this.code = code;
  }
}

/**
 * Only data exceptions (class 22) and constraint violations (class 23) are an entry's own fault. Disk full, a
 * deadlock or a lost connection would refuse thousands of good entries; those fail the batch, which is retried.
 */
export function refusalOf(error: unknown): { sqlstate: string; reason: string } | null {
  const { code, message } = error as { code?: string; message?: string };
  if (typeof code !== 'string' || !/^2[23][0-9A-Z]{3}$/.test(code)) return null;
  return { sqlstate: code, reason: message ?? code };
}
