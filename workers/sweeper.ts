// Once a second: rings shards whose outbox waits although somebody should have applied it.
import type { Redis } from 'ioredis';
import type { Doorbell } from '../src/jobs/doorbell.ts';
import type { Logger } from '../src/lib/logger.ts';
import { isApplied, newestEntry, type Offsets } from '../src/outbox/offsets.ts';
import type { ShardKeys } from '../src/storage/keys.ts';

/** A backlog is late when entries seen at one sweep are not applied at the next. */
export const SWEEP_MS = 1000;

export interface SweeperDeps {
  redis: Redis;
  offsets: Offsets;
  doorbell: Doorbell;
  keysOf: (shard: number) => ShardKeys;
  log: Logger;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #seen = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.sweep().catch((error) => this.#deps.log.debug({ reason: error.message }, 'no sweep'));
    }, SWEEP_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async sweep(): Promise<void> {
    const { offsets, doorbell, redis, keysOf } = this.#deps;
    await offsets.refresh();
    for (const row of offsets.all()) {
      const before = this.#seen.get(row.shard);
      if (before && !isApplied(row, before)) doorbell.sweep(row.shard);
      this.#seen.set(row.shard, (await newestEntry(redis, keysOf(row.shard))).id);
    }
  }
}
