// Tokens of applications: random UUIDs whose first byte is the application's shard.
import { randomInt, randomUUID } from 'node:crypto';

/**
 * The shard in which a keyed creation takes place, so that a retry finds the first one's answer. It changes when
 * SHARDS grows: a creation that is retried across that moment may happen twice.
 */
export const shardOfKey = (keyHash: Buffer, shards: number): number => keyHash.readUInt32BE(0) % shards;

/** A new token in the given shard, else in one drawn over `shards`. */
export function newToken(shards: number, shard: number | null): string {
  const first = (shard ?? randomInt(shards)).toString(16).padStart(2, '0');
  return first + randomUUID().slice(2);
}
