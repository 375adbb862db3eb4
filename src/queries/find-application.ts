import type { Knex } from 'knex';
import { Application } from '../models/application.ts';

/** The application, unless it is deleted. Shows acknowledged writes only after `applied()`. */
export const findApplication = (knex: Knex, token: string): Promise<Application | undefined> =>
  Application.query(knex).findOne({ token }).whereNull('deleted_at').execute();
