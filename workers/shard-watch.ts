// Keeps every shard open: looks once a second whether Redis is still the one that the shard was opened on.
import type { Logger } from '../src/lib/logger.ts';
import type { Offsets } from '../src/outbox/offsets.ts';
import { type OpenShardDeps, openShard } from './open-shard.ts';

const WATCH_MS = 1000;

export class ShardWatch {
  readonly #deps: OpenShardDeps;
  readonly #offsets: Offsets;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(deps: OpenShardDeps, offsets: Offsets) {
    this.#deps = deps;
    this.#offsets = offsets;
    this.#log = deps.log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look().finally(() => {
        this.#looking = undefined;
      });
    }, WATCH_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Opens what is not open. A shard that cannot be opened is said and tried again at the next look. */
  async look(): Promise<void> {
    for (const { shard } of this.#offsets.all()) {
      await openShard(this.#deps, shard).catch((error: Error) =>
        this.#log.error({ shard, reason: error.message }, 'shard not open'),
      );
    }
  }
}
