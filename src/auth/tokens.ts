// Access tokens: signed here, verified by src/http/authenticate.ts with the same key, issuer and audience.
import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Principal, Role } from './principal.ts';

export const ALGORITHM = 'HS256';
export const ISSUER = 'anteroom';
export const AUDIENCE = 'anteroom';

/** What a token says. `exp` is missing only from the keys of applications. */
export interface Claims {
  sub: string;
  app: string | null;
  role: Role;
  jti: string;
  iat?: number;
  exp?: number;
}

export type TokenSubject = Pick<Claims, 'sub' | 'app' | 'role' | 'jti'>;

export interface TokenSigner {
  /**
   * A signed token that ends after so many seconds; null, for a key that never ends by itself. With the same
   * `issuedAt` (seconds) the same subject gets the same token, so that a retried request is answered alike.
   */
  sign(subject: TokenSubject, expiresIn: number | null, issuedAt?: number): string;
}

/** A KeyObject, because jsonwebtoken spends 350 µs on a string secret and 7 µs on this. */
export const tokenKey = (secret: string): KeyObject => createSecretKey(Buffer.from(secret));

/** Signs access tokens with the deployment's secret. */
export function createTokenSigner(secret: string): TokenSigner {
  const key = tokenKey(secret);
  return {
    sign({ sub, app, role, jti }, expiresIn, issuedAt) {
      if (expiresIn === null && role !== 'application')
        throw new Error('Only the key of an application may live without an end');
      return jwt.sign({ sub, app, role, jti, ...(issuedAt === undefined ? {} : { iat: issuedAt }) }, key, {
        algorithm: ALGORITHM,
        issuer: ISSUER,
        audience: AUDIENCE,
        ...(expiresIn === null ? {} : { expiresIn }),
      });
    },
  };
}

/** The caller that verified claims speak of. */
export const principalOf = ({ sub, app, role, jti }: Claims): Principal => ({ id: sub, role, app, jti });
