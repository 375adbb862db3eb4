// Keeps every shard open: looks once a second whether Redis is still the one that the shards were opened on.
import type { Redis } from 'ioredis';
import type { Logger } from '../../src/lib/logger.ts';
import type { Offsets } from '../../src/outbox/offsets.ts';
import { openShard } from './open-shard.ts';
import type { OpenShardDeps } from './raise-epoch.ts';

const WATCH_MS = 1000;

export interface ShardWatchDeps extends OpenShardDeps {
  offsets: Offsets;
  /** Makes a connection that never reconnects. */
  connect: () => Promise<Redis>;
  log: Logger;
}

export class ShardWatch {
  readonly #deps: ShardWatchDeps;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** What was last said of the shards, so that an outage is one line and not one a second. */
  #said = '';

  constructor(deps: ShardWatchDeps) {
    this.#deps = deps;
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

  /** Opens what is not open. What cannot be opened is said and tried again at the next look. */
  async look(): Promise<void> {
    const failures: string[] = [];
    let redis: Redis | undefined;
    try {
      redis = await this.#deps.connect();
      for (const { shard } of this.#deps.offsets.all()) await this.#open(redis, shard, failures);
    } catch (error) {
      failures.push((error as Error).message);
    } finally {
      redis?.disconnect();
    }
    this.#say(failures.join('; '));
  }

  async #open(redis: Redis, shard: number, failures: string[]): Promise<void> {
    await openShard(this.#deps, redis, shard).catch((error: Error) => {
      failures.push(`shard ${shard}: ${error.message}`);
    });
  }

  #say(failures: string): void {
    if (failures === this.#said) return;
    this.#said = failures;
    if (failures) this.#deps.log.error({ reason: failures }, 'shards not open');
    else this.#deps.log.info('all shards open');
  }
}
