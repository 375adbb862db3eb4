import type { Knex } from 'knex';
import { Application } from '../models/application.ts';
import type { Applied, Offsets } from '../outbox/offsets.ts';

/** Newest first; every acknowledged application is there. */
export const listApplications =
  (deps: { knex: Knex; applied: Applied; offsets: Offsets }) =>
  async (limit: number, beforeId: number | null): Promise<Application[]> => {
    await Promise.all(deps.offsets.all().map(({ shard }) => deps.applied(shard)));
    return Application.query(deps.knex)
      .whereNull('deleted_at')
      .modify((query) => {
        if (beforeId !== null) query.where('id', '<', beforeId);
      })
      .orderBy('id', 'desc')
      .limit(limit);
  };
