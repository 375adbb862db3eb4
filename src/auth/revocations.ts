// Tokens that no longer hold although their signature does, known to every process without asking per request.
import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.ts';

/** A revoked token must stop working everywhere within 5 s. */
const POLL_MS = 2000;
/** Rows become visible when their transaction ends, so each poll looks back further than to the last one. */
const OVERLAP_SECONDS = 60;

export class Revocations {
  readonly #knex: Knex;
  readonly #log: Logger;
  readonly #revoked = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** When the last poll that succeeded began, by Postgres' clock; polls may fail for as long as it is away. */
  #readAt = new Date(0);

  constructor(knex: Knex, log: Logger) {
    this.#knex = knex;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#read();
    this.#timer = setInterval(() => {
      this.#read().catch((error: Error) => this.#log.warn({ reason: error.message }, 'revocations not read'));
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

  async #read(): Promise<void> {
    const { rows } = await this.#knex.raw(
      `SELECT now() AS read_at, array(
         SELECT jti FROM revoked_tokens WHERE created_at > ?::timestamptz - make_interval(secs => ?)
       ) AS jtis`,
      [this.#readAt, OVERLAP_SECONDS],
    );
    for (const jti of rows[0].jtis) this.#revoked.add(jti);
    this.#readAt = rows[0].read_at;
  }
}
