// Whether Redis has memory left for entries that wait. Under `noeviction` a full Redis refuses workers as well.
import type { Redis } from 'ioredis';
import type { Logger } from '../lib/logger.ts';

const LOOK_MS = 1000;
/** Above this part of `maxmemory`, writes are refused; the rest is for whoever drains. */
const SHORT = 0.7;

export class MemoryWatch {
  readonly #redis: Redis;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #isShort = false;

  constructor(redis: Redis, log: Logger) {
    this.#redis = redis;
    this.#log = log;
  }

  get isShort(): boolean {
    return this.#isShort;
  }

  start(): void {
    this.#timer = setInterval(() => {
      // A Redis that does not answer is told by every call that needs it.
      this.look().catch(() => {});
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    const info = await this.#redis.info('memory');
    const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const limit = field('maxmemory');
    const isShort = limit > 0 && field('used_memory') > limit * SHORT;
    if (isShort !== this.#isShort) this.#log.warn({ short: isShort, maxmemory: limit }, 'redis memory');
    this.#isShort = isShort;
  }
}
