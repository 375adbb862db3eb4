import type { Knex } from 'knex';
import { notFound } from '../lib/errors.ts';
import { Application, type ApplicationSettings } from '../models/application.ts';
import type { Applied } from '../outbox/offsets.ts';
import { shardOf } from '../storage/keys.ts';

/** Null takes a setting back to its default. */
export type SettingsChange = { [Name in keyof ApplicationSettings]?: ApplicationSettings[Name] | null };

/** Changes the name and the settings that are given; the others stay. */
export const updateApplication =
  (deps: { knex: Knex; applied: Applied }) =>
  async (token: string, change: { name?: string; settings?: SettingsChange }): Promise<Application> => {
    await deps.applied(shardOf(token));
    const application = await Application.query(deps.knex)
      .patch({
        updated_at: new Date(),
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.settings === undefined
          ? {}
          : {
              settings: deps.knex.raw('jsonb_strip_nulls(settings || ?::jsonb)', [
                JSON.stringify(change.settings),
              ]) as never,
            }),
      })
      .where({ token })
      .whereNull('deleted_at')
      .returning('*')
      .first();
    if (!application) throw notFound('application');
    return application as unknown as Application;
  };
