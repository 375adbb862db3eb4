// The door to the reserve step: one ShardReserver for each shard, made when it is first needed.
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { notFound } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Offsets } from '../outbox/offsets.ts';
import { type ShardKeys, shardOf } from '../storage/keys.ts';
import { Acknowledged } from './acknowledged.ts';
import { Circuit } from './circuit.ts';
import { Hydrator } from './hydrate.ts';
import { RedisClock } from './redis-clock.ts';
import type { Reserved, ReserveLimits, ReserveRequest } from './request.ts';
import { ShardReserver } from './shard-reserver.ts';

export interface ReserverDeps {
  /** Names this life of this process. */
  process: string;
  redis: Redis;
  knex: Knex;
  offsets: Offsets;
  keysOf: (shard: number) => ShardKeys;
  limits: ReserveLimits;
  isMemoryShort: () => boolean;
  onAppended: (shard: number, entries: number, requestId: string) => void;
  log: Logger;
}

export class Reserver {
  readonly #deps: ReserverDeps;
  readonly #clock = new RedisClock();
  readonly #circuit: Circuit;
  readonly #shards = new Map<number, ShardReserver>();
  readonly #acknowledged = new Map<number, Acknowledged>();

  constructor(deps: ReserverDeps) {
    this.#deps = deps;
    this.#circuit = new Circuit(
      () => deps.redis.ping(),
      (open) => deps.log.warn({ open }, 'redis circuit'),
    );
  }

  /** See {@link ShardReserver.reserve}; a token whose shard does not exist is `not_found`. */
  reserve(request: ReserveRequest): Promise<Reserved> {
    const shard = shardOf(request.token);
    return this.#deps.offsets.get(shard)
      ? this.#of(shard).reserve(request)
      : this.#inNewShard(shard, request);
  }

  /** SHARDS may have grown since this process last looked. */
  async #inNewShard(shard: number, request: ReserveRequest): Promise<Reserved> {
    await this.#deps.offsets.refresh();
    if (!this.#deps.offsets.get(shard)) throw notFound('application');
    return this.#of(shard).reserve(request);
  }

  /** What this process has acknowledged of a shard and Postgres may not have. */
  acknowledged(shard: number): Acknowledged {
    let held = this.#acknowledged.get(shard);
    if (!held) {
      held = new Acknowledged();
      this.#acknowledged.set(shard, held);
    }
    return held;
  }

  stop(): void {
    this.#circuit.stop();
  }

  #of(shard: number): ShardReserver {
    const known = this.#shards.get(shard);
    if (known) return known;
    const { redis, knex, offsets, keysOf, limits, isMemoryShort, onAppended, log } = this.#deps;
    const keys = keysOf(shard);
    const hydrator = new Hydrator({
      ...{ redis, knex, offsets, shard, keys },
      windowSeconds: limits.windowSeconds,
    });
    const reserver = new ShardReserver({
      redis,
      circuit: this.#circuit,
      clock: this.#clock,
      offsets,
      hydrator,
      keys,
      shard,
      process: this.#deps.process,
      acknowledged: this.acknowledged(shard),
      limits,
      isMemoryShort,
      onAppended,
      log,
    });
    this.#shards.set(shard, reserver);
    return reserver;
  }
}
