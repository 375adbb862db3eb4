// Who may call which route: decided from the route's data alone, before anything is read.
import type { Principal } from '../auth/principal.ts';
import { forbidden, notFound } from '../lib/errors.ts';
import { unauthenticated } from './authenticate.ts';
import type { Route } from './define-route.ts';

/**
 * Compiles a route's rules. Another tenant's application does not exist for a caller, so the tenant is checked before
 * the role; an operator belongs to no tenant and is refused unless the route lists the role.
 */
export function createAuthorize({ roles }: Route): (principal: Principal | null, token: unknown) => void {
  const listed = roles === 'public' ? null : new Set<string>(roles);
  return (principal, token) => {
    if (principal === null) {
      if (listed !== null) throw unauthenticated();
      return;
    }
    if (token !== undefined && principal.app !== token && principal.role !== 'operator')
      throw notFound('application');
    if (listed !== null && !listed.has(principal.role))
      throw forbidden(`Not allowed for ${principal.role}s.`);
  };
}
