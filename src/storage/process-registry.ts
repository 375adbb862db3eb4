// Which processes of the deployment are alive, as Postgres knows it.
import { hostname } from 'node:os';
import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.ts';
import { VERSION } from '../lib/version.ts';

export type ProcessRole = 'api' | 'worker' | 'scheduler';

const BEAT_MS = 2000;
/** A process that has not been seen for so long is taken for dead: two beats missed, and one on its way. */
export const ALIVE_SECONDS = 6;
/** Rows of the dead are of no use to anybody. */
const FORGET_AFTER = '1 hour';

export interface LivingProcess {
  id: string;
  role: ProcessRole;
  host: string;
  pid: number;
  version: string;
  started_at: Date;
  seen_at: Date;
}

export class ProcessRegistry {
  readonly #knex: Knex;
  readonly #id: string;
  readonly #role: ProcessRole;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: { knex: Knex; id: string; role: ProcessRole; log: Logger }) {
    this.#knex = deps.knex;
    this.#id = deps.id;
    this.#role = deps.role;
    this.#log = deps.log;
  }

  async start(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => {
      this.#beat().catch((error: Error) => this.#log.debug({ reason: error.message }, 'heartbeat lost'));
    }, BEAT_MS);
  }

  /** Leaves, so that nobody waits for this process. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#knex('processes').where({ id: this.#id }).delete();
  }

  async #beat(): Promise<void> {
    const row = { id: this.#id, role: this.#role, host: hostname(), pid: process.pid, version: VERSION };
    await this.#knex('processes').insert(row).onConflict('id').merge({ seen_at: this.#knex.fn.now() });
    await this.#knex('processes').whereRaw(`seen_at < now() - interval '${FORGET_AFTER}'`).delete();
  }
}

/** Processes seen lately, oldest first. */
export const livingProcesses = (knex: Knex, role?: ProcessRole): Promise<LivingProcess[]> =>
  knex('processes')
    .whereRaw('seen_at > now() - make_interval(secs => ?)', [ALIVE_SECONDS])
    .modify((query) => {
      if (role) query.where({ role });
    })
    .orderBy('started_at');
