// Bearer token to Principal, without asking any store. One function for requests and for sockets.
import { hash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import koaJwt from 'koa-jwt';
import { type Principal, roles } from '../auth/principal.ts';
import { ALGORITHM, AUDIENCE, type Claims, ISSUER, principalOf, tokenKey } from '../auth/tokens.ts';
import { ProblemError } from '../lib/errors.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/**
 * Answers who a bearer token speaks for: at once when this process has verified it before, else as a promise.
 * Throws or rejects with `unauthenticated` for every token that is not good, always in the same words.
 */
export type Authenticate = (bearer: string) => Principal | Promise<Principal>;

interface AuthenticateDeps {
  secret: string;
  /** The operator's bearer; empty for none. */
  operatorToken: string;
  /** Asked on every request, so it must answer from memory. */
  isRevoked: (principal: Principal, claims: Claims) => boolean;
}

/** Far longer than any token signed here; longer ones are not worth a hash. */
const MAX_BEARER = 4096;

/** Seconds that another machine's clock may be ahead when it says `nbf`. */
const CLOCK_TOLERANCE = 30;

const operator: Principal = { id: 'operator', role: 'operator', app: null, jti: null };

export const unauthenticated = (cause?: unknown) =>
  new ProblemError('unauthenticated', 'A valid bearer token is required.', {
    headers: { 'WWW-Authenticate': 'Bearer' },
    cause,
  });

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Compares hashes, so neither the content nor the length of the token shows in the time taken. */
function createOperatorCheck(operatorToken: string): (bearer: string) => boolean {
  if (operatorToken === '') return () => false;
  const expected = sha256(operatorToken);
  return (bearer) => timingSafeEqual(sha256(bearer), expected);
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 200;

const belongs = ({ app, role }: Partial<Claims>) => (role === 'operator' ? app === null : isId(app));

/** Whether signed claims are complete. A signature alone is not enough: a key of another use could share the secret. */
function areComplete(claims: Partial<Claims> | undefined): claims is Claims {
  if (typeof claims !== 'object' || !isId(claims.sub) || !isId(claims.jti)) return false;
  if (!roles.includes(claims.role!) || !belongs(claims)) return false;
  return claims.exp === undefined ? claims.role === 'application' : Number.isFinite(claims.exp);
}

const isOver = ({ exp }: Claims) => exp !== undefined && exp * 1000 <= Date.now();

interface JwtState {
  bearer: string;
  claims?: Claims;
  jwtOriginalError?: Error;
}

/** koa-jwt as a function of a token. It needs no more of a context than its state. */
function createVerifier(secret: string): (bearer: string) => Promise<Claims> {
  const verify = koaJwt({
    // Its types know no KeyObject, jsonwebtoken does.
    secret: tokenKey(secret) as unknown as Buffer,
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience: AUDIENCE,
    clockTolerance: CLOCK_TOLERANCE,
    key: 'claims',
    getToken: (ctx) => (ctx.state as JwtState).bearer,
    passthrough: true,
  } as koaJwt.Options);
  return async (bearer) => {
    const state: JwtState = { bearer };
    await verify({ state } as unknown as Context, async () => {});
    if (state.jwtOriginalError || !areComplete(state.claims)) throw unauthenticated(state.jwtOriginalError);
    return state.claims;
  };
}

/** Makes the check of bearers. A token's signature is verified once; its end and revocation on every request. */
export function createAuthenticate({ secret, operatorToken, isRevoked }: AuthenticateDeps): Authenticate {
  const verify = createVerifier(secret);
  const isOperator = createOperatorCheck(operatorToken);
  const verified = createVerifiedTokens();

  const admit = (principal: Principal, claims: Claims): Principal => {
    if (isOver(claims) || isRevoked(principal, claims)) throw unauthenticated();
    return principal;
  };

  const verifyFirst = async (bearer: string): Promise<Principal> => {
    const claims = await verify(bearer);
    const principal = principalOf(claims);
    admit(principal, claims);
    verified.remember(bearer, principal, claims);
    return principal;
  };

  return (bearer) => {
    const known = verified.find(bearer);
    if (known) return admit(known.principal, known.claims);
    if (bearer.length > MAX_BEARER) throw unauthenticated();
    return isOperator(bearer) ? operator : verifyFirst(bearer);
  };
}
