// Hands in, under a fence, what this process has acknowledged and Redis no longer has.
import type { Redis } from 'ioredis';
import type { Logger } from '../lib/logger.ts';
import type { Offsets } from '../outbox/offsets.ts';
import type { ShardKeys } from '../storage/keys.ts';
import { type Acknowledged, entryFields } from './acknowledged.ts';

/** A recovering worker waits for every living process, so a fence must be noticed soon. */
const LOOK_MS = 300;
/** Entries of one write. */
const CHUNK = 500;
/** A recovery that has not fetched them by then was given up. */
const KEEP_SECONDS = 600;

export interface HandInDeps {
  redis: Redis;
  offsets: Offsets;
  keysOf: (shard: number) => ShardKeys;
  acknowledged: (shard: number) => Acknowledged;
  /** This process, as the registry knows it. */
  process: string;
  log: Logger;
}

/** The field under which a process says that it has handed in all it has. */
export const doneField = (process: string): string => `done:${process}`;

export class HandIn {
  readonly #deps: HandInDeps;
  /** The fence that was last answered, per shard. */
  readonly #answered = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(deps: HandInDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#deps.redis.status !== 'ready') return;
    this.#looking = true;
    try {
      for (const { shard, epoch, last_id } of this.#deps.offsets.all()) {
        this.#deps.acknowledged(shard).applied(last_id, epoch);
        await this.#answer(shard, epoch);
      }
    } catch (error) {
      // Redis is away, or going: the next look tries again.
      this.#deps.log.debug({ reason: (error as Error).message }, 'no look for fences');
    } finally {
      this.#looking = false;
    }
  }

  async #answer(shard: number, epoch: number): Promise<void> {
    const { redis, keysOf, log } = this.#deps;
    const keys = keysOf(shard);
    const fence = await redis.get(keys.epoch);
    if (!fence?.startsWith('fence:') || this.#answered.get(shard) === fence) return;
    const count = await this.#handIn(keys, shard, epoch, fence);
    this.#answered.set(shard, fence);
    if (count > 0) log.warn({ shard, entries: count }, 'handed in what Redis had lost');
  }

  async #handIn(keys: ShardKeys, shard: number, epoch: number, fence: string): Promise<number> {
    const { redis, acknowledged, process } = this.#deps;
    const entries = acknowledged(shard).after(epoch, await lastSequence(redis, keys, epoch));
    const name = keys.handIn(fence);
    for (let from = 0; from < entries.length; from += CHUNK) {
      const fields = entries
        .slice(from, from + CHUNK)
        .flatMap((entry) => [`${entry.epoch}-${entry.sequence}`, JSON.stringify(entryFields(entry))]);
      await redis.hset(name, ...fields);
    }
    await redis.hset(name, doneField(process), entries.length);
    await redis.expire(name, KEEP_SECONDS);
    return entries.length;
  }
}

/** The last sequence of an epoch that the stream still has; -1 for none. */
async function lastSequence(redis: Redis, keys: ShardKeys, epoch: number): Promise<number> {
  const [newest] = await redis.xrevrange(
    keys.outbox,
    `${epoch}-18446744073709551615`,
    `${epoch}-0`,
    'COUNT',
    1,
  );
  return newest ? Number(newest[0].split('-')[1]) : -1;
}
