// What of its application a principal may see. Another tenant's data is not asked about here: it does not exist.
import type { Principal } from './principal.ts';

/** The customer whose own and open chats are all that may be seen; '' for callers who see every chat. */
export const seesOnly = (principal: Principal): string => (principal.role === 'customer' ? principal.id : '');

/** Who a read position belongs to: all keys of an application read as one. */
export const readerOf = (principal: Principal): string =>
  principal.role === 'application' ? 'application' : principal.id;

export const canSee = (chat: { open: boolean; customer_id: string | null }, onlyFor: string): boolean =>
  onlyFor === '' || chat.open || chat.customer_id === onlyFor;
