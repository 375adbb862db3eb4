// Tokens that no longer hold although their signature does, known to every process without asking per request.
import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.ts';

/** A revoked token must stop working everywhere within 5 s. */
const POLL_MS = 2000;
/** Rows become visible when their transaction ends, so each poll looks back a little. */
const OVERLAP = '1 minute';

export class Revocations {
  readonly #knex: Knex;
  readonly #log: Logger;
  readonly #revoked = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(knex: Knex, log: Logger) {
    this.#knex = knex;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#read(this.#knex('revoked_tokens'));
    this.#timer = setInterval(() => {
      this.#read(this.#knex('revoked_tokens').whereRaw(`created_at > now() - interval '${OVERLAP}'`)).catch(
        (error: Error) => this.#log.warn({ reason: error.message }, 'revocations not read'),
      );
    }, POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  has(jti: string | null): boolean {
    return jti !== null && this.#revoked.has(jti);
  }

  /** Takes effect here at once; elsewhere the row that the caller writes does. */
  add(jti: string): void {
    this.#revoked.add(jti);
  }

  async #read(query: Knex.QueryBuilder): Promise<void> {
    const rows: { jti: string }[] = await query.select('jti');
    for (const { jti } of rows) this.#revoked.add(jti);
  }
}
