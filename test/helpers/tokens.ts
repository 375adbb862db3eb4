import { randomUUID } from 'node:crypto';
import type { Role } from '../../src/auth/principal.ts';
import { createTokenSigner } from '../../src/auth/tokens.ts';
import type { Deployment } from './deployment.ts';

/** A good token of any role, for people the API cannot make yet; only keys of applications have no end. */
export function mintToken(
  deployment: Deployment,
  { role, app, sub = randomUUID() }: { role: Role; app: string | null; sub?: string },
): string {
  const signer = createTokenSigner(deployment.env.JWT_SECRET!);
  return signer.sign({ sub, app, role, jti: randomUUID() }, role === 'application' ? null : 600);
}
