import { Type } from 'typebox';
import { createApplication } from '../../commands/create-application.ts';
import { deleteApplication } from '../../commands/delete-application.ts';
import { updateApplication } from '../../commands/update-application.ts';
import { forbidden, notFound } from '../../lib/errors.ts';
import { findApplication } from '../../queries/find-application.ts';
import { listApplications } from '../../queries/list-applications.ts';
import type { Services } from '../../services.ts';
import { shardOf } from '../../storage/keys.ts';
import { unauthenticated } from '../authenticate.ts';
import { createCursor } from '../cursor.ts';
import { defineRoute, type Route } from '../define-route.ts';
import { presentApplication, presentCreatedApplication } from '../presenters/application.ts';
import {
  application,
  applicationList,
  createApplicationBody,
  createdApplication,
  deletedApplication,
  updateApplicationBody,
} from '../schemas/application.ts';
import { number, pageQuery } from '../schemas/common.ts';
import { createdHeaders, nextCursor } from './replies.ts';

const tag = 'Applications';
const cursor = createCursor('applications', Type.Object({ id: number }));

export function applicationRoutes(services: Services): Route[] {
  const create = createApplication(services);
  const update = updateApplication(services);
  const remove = deleteApplication(services);
  const list = listApplications(services);

  return [
    defineRoute({
      method: 'POST',
      path: '/applications',
      summary: 'Create an application and its first key',
      tag,
      roles: 'public',
      body: createApplicationBody,
      problems: ['forbidden', 'unavailable'],
      responses: {
        201: {
          description: 'The application; `access_token` is shown only here.',
          schema: createdApplication,
        },
      },
      handler: async ({ body, principal, ...context }) => {
        if (!services.openSignup && principal === null) throw unauthenticated();
        if (!services.openSignup && principal?.role !== 'operator')
          throw forbidden('Only an operator may create applications here.');
        const created = await create(body, context);
        return {
          status: 201,
          body: presentCreatedApplication(created),
          headers: createdHeaders(created.replayed, `/applications/${created.token}`, services.basePath),
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/applications',
      summary: 'List all applications',
      tag,
      roles: ['operator'],
      query: pageQuery({}),
      responses: { 200: { description: 'Newest first.', schema: applicationList } },
      handler: async ({ query }) => {
        const rows = await list(query.limit + 1, cursor.decode(query.cursor)?.id ?? null);
        const page = nextCursor(rows, query.limit, ({ id }) => cursor.encode({ id }));
        return { status: 200, body: { data: page.items.map(presentApplication), next: page.next } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/applications/:token',
      summary: 'Get an application',
      tag,
      roles: ['application', 'admin', 'operator'],
      responses: { 200: { description: 'The application.', schema: application } },
      handler: async ({ params }) => {
        await services.applied(shardOf(params.token));
        const found = await findApplication(services.knex, params.token);
        if (!found) throw notFound('application');
        return { status: 200, body: presentApplication(found) };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/applications/:token',
      summary: 'Change name or settings',
      tag,
      roles: ['application', 'admin'],
      body: updateApplicationBody,
      responses: { 200: { description: 'The application after the change.', schema: application } },
      handler: async ({ params, body }) => ({
        status: 200,
        body: presentApplication(await update(params.token, body)),
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/applications/:token',
      summary: 'Delete an application and everything in it',
      description: 'From the answer on its token answers 404; its rows go shortly after.',
      tag,
      roles: ['application', 'operator'],
      problems: ['conflict'],
      responses: { 202: { description: 'It is gone.', schema: deletedApplication } },
      handler: async ({ params, ...context }) => {
        const { at } = await remove(params.token, context);
        return { status: 202, body: { token: params.token, deleted_at: new Date(at).toISOString() } };
      },
    }),
  ];
}
