// Who is asking: what a verified bearer says, and nothing that needs a store.

export const roles = ['application', 'admin', 'agent', 'customer', 'visitor', 'operator'] as const;

export type Role = (typeof roles)[number];

/** A verified caller. `app` is the token of its application; null only for an operator. */
export interface Principal {
  id: string;
  role: Role;
  app: string | null;
  /** The token's own id, by which it can be revoked; null for the operator token of the configuration. */
  jti: string | null;
}
