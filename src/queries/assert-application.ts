import type { Knex } from 'knex';
import { notFound } from '../lib/errors.ts';
import type { Applied } from '../outbox/offsets.ts';
import type { Tail } from '../reserve/tail.ts';
import { shardOf } from '../storage/keys.ts';
import { findApplication } from './find-application.ts';

/**
 * Says 404 for an application that is not there, from its deletion on, and waits for Postgres only where Redis does
 * not know. @throws ProblemError not_found
 */
export const assertApplication =
  (deps: { knex: Knex; tail: Tail; applied: Applied }) =>
  async (token: string): Promise<void> => {
    const state = await deps.tail.appState(token);
    if (state === 'here') return;
    if (state === 'gone') throw notFound('application');
    await deps.applied(shardOf(token));
    if (!(await findApplication(deps.knex, token))) throw notFound('application');
  };
