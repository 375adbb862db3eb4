// Remembers verified tokens: koa-jwt and its promises cost some 20 µs a request, a look into a map a tenth of one.
import type { Principal } from '../auth/principal.ts';
import type { Claims } from '../auth/tokens.ts';

interface Verified {
  principal: Principal;
  claims: Claims;
}

/** Tokens of one generation, some 600 bytes each; at most two generations are kept. */
const GENERATION = 8192;

/**
 * A bounded memory of tokens whose signature was good: two generations, the older one dropped when the younger is
 * full. A token is found by its whole text, so a changed one is never found. What can change (the end of a token, its
 * revocation) is not remembered.
 */
export function createVerifiedTokens(size = GENERATION) {
  let young = new Map<string, Verified>();
  let old = new Map<string, Verified>();

  const keep = (bearer: string, entry: Verified): void => {
    if (young.size >= size) {
      old = young;
      young = new Map();
    }
    young.set(bearer, entry);
  };

  return {
    find(bearer: string): Verified | undefined {
      const entry = young.get(bearer);
      if (entry) return entry;
      const older = old.get(bearer);
      if (older) keep(bearer, older);
      return older;
    },
    remember: (bearer: string, principal: Principal, claims: Claims) => keep(bearer, { principal, claims }),
  };
}
