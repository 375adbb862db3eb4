import type { Redis } from 'ioredis';
import { type ShardKeys, shardOf } from '../storage/keys.ts';
import type { ReserveIdempotency } from './request.ts';

/**
 * Tells the reserve script of an `Idempotency-Key` that was used for what goes straight to Postgres, so that it refuses
 * another request under the same key. Redis may miss it; whether a retry has one effect never depends on this.
 */
export const createRememberKey =
  (redis: Redis, keysOf: (shard: number) => ShardKeys, windowSeconds: number) =>
  async (token: string, { hash, fingerprint }: ReserveIdempotency): Promise<void> => {
    const name = keysOf(shardOf(token)).idempotency(hash);
    await redis.set(name, `${fingerprint} 0 0 `, 'EX', windowSeconds, 'NX');
  };

export type RememberKey = ReturnType<typeof createRememberKey>;
