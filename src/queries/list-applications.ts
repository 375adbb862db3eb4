import type { Knex } from 'knex';
import { Application } from '../models/application.ts';

/** Newest first. */
export const listApplications =
  (deps: { knex: Knex }) =>
  (limit: number, beforeId: number | null): Promise<Application[]> =>
    Application.query(deps.knex)
      .whereNull('deleted_at')
      .modify((query) => {
        if (beforeId !== null) query.where('id', '<', beforeId);
      })
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
