// What every command is told about its request, besides its own input.
import type { Principal } from '../auth/principal.ts';
import type { RateLimit, ReserveIdempotency } from '../reserve/request.ts';

export interface CommandContext {
  requestId: string;
  /** Monotonic ms after which nobody waits for the answer. */
  deadline: number;
  idempotency: { keyHash: Buffer; fingerprint: Buffer } | null;
}

export const reserveIdempotency = ({ idempotency }: CommandContext): ReserveIdempotency | null =>
  idempotency && {
    hash: idempotency.keyHash.toString('hex'),
    fingerprint: idempotency.fingerprint.toString('hex'),
  };

/** Writes per second and at once, for application keys and for users; a rate of 0 sets no limit. */
export interface RatePolicy {
  key: { rate: number; burst: number };
  user: { rate: number; burst: number };
}

/** The bucket that a principal's write is taken from, or null. */
export function rateLimitOf(policy: RatePolicy, principal: Principal): RateLimit | null {
  const { rate, burst } = principal.role === 'application' ? policy.key : policy.user;
  return rate === 0 ? null : { principal: principal.id, intervalMs: 1000 / rate, burst };
}
