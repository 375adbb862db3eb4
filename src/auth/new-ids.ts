// Tokens and key ids: random, or derived from an idempotency key so that a retry makes the same ones.
import { createHmac, randomBytes } from 'node:crypto';

/** Sixteen bytes as a UUID of version 4. */
function asUuid(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** The source of an id: fresh randomness, or bytes that only this deployment can derive from the key. */
export const idBytes = (secret: string, purpose: string, keyHash: Buffer | undefined): Buffer =>
  keyHash
    ? createHmac('sha256', secret).update(`${purpose}\0`).update(keyHash).digest().subarray(0, 16)
    : randomBytes(16);

export const newUuid = (bytes: Buffer): string => asUuid(Buffer.from(bytes));

/** An application's token: a UUID whose first byte is its shard, drawn over `shards`. */
export function newToken(bytes: Buffer, shards: number): string {
  const token = Buffer.from(bytes);
  token[0] = bytes.readUInt32BE(12) % shards;
  return asUuid(token);
}
