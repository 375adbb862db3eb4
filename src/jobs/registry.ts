import { audit } from './audit.ts';
import { cleanExpired } from './clean-expired.ts';
import { persist } from './persist.ts';
import { purgeDeleted } from './purge-deleted.ts';
import { reconcileCounts } from './reconcile-counts.ts';

/** Every job there is. A contract without a handler does not compile (see workers/handlers/registry.ts). */
export const jobs = {
  persist,
  'reconcile-counts': reconcileCounts,
  'clean-expired': cleanExpired,
  'purge-deleted': purgeDeleted,
  audit,
} as const;

export type Jobs = typeof jobs;
