import type { Knex } from 'knex';
import { Application } from '../models/application.ts';
import type { Applied, Offsets } from '../outbox/offsets.ts';

/** Newest first; every acknowledged application is there, but for a shard that stands still. */
export const listApplications =
  (deps: { knex: Knex; applied: Applied; offsets: Offsets }) =>
  async (limit: number, beforeId: number | null): Promise<Application[]> => {
    const waits = await Promise.allSettled(deps.offsets.all().map(({ shard }) => deps.applied(shard)));
    // One shard that does not come on must not hide all others from those who are to mend it; no Redis hides all.
    if (waits.every(({ status }) => status === 'rejected')) await Promise.all(waits.map(reasonOf));
    return Application.query(deps.knex)
      .whereNull('deleted_at')
      .modify((query) => {
        if (beforeId !== null) query.where('id', '<', beforeId);
      })
      .orderBy('id', 'desc')
      .limit(limit);
  };

const reasonOf = (wait: PromiseSettledResult<void>) =>
  wait.status === 'rejected' ? Promise.reject(wait.reason) : Promise.resolve();
