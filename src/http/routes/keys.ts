import { Type } from 'typebox';
import { createKey } from '../../commands/create-key.ts';
import { deleteKey } from '../../commands/delete-key.ts';
import { notFound } from '../../lib/errors.ts';
import { ApiKey } from '../../models/api-key.ts';
import { findApplication } from '../../queries/find-application.ts';
import type { Services } from '../../services.ts';
import { shardOf } from '../../storage/keys.ts';
import { createCursor } from '../cursor.ts';
import { defineRoute, type Route } from '../define-route.ts';
import { presentKey } from '../presenters/application.ts';
import { createdKey, createKeyBody, keyList } from '../schemas/application.ts';
import { pageQuery, uuid } from '../schemas/common.ts';
import { nextCursor, replayHeader } from './replies.ts';

const tag = 'Applications';
const cursor = createCursor(
  'keys',
  Type.Object({ at: Type.Integer({ minimum: 0, maximum: 8.64e15 }), id: uuid }),
);

export function keyRoutes(services: Services): Route[] {
  const create = createKey(services);
  const remove = deleteKey(services);

  return [
    defineRoute({
      method: 'GET',
      path: '/applications/:token/keys',
      summary: 'List the keys of an application',
      tag,
      roles: ['application', 'admin'],
      query: pageQuery({}),
      responses: { 200: { description: 'Oldest first, without their tokens.', schema: keyList } },
      handler: async ({ params, query }) => {
        await services.applied(shardOf(params.token));
        if (!(await findApplication(services.knex, params.token))) throw notFound('application');
        const after = cursor.decode(query.cursor);
        const rows = await ApiKey.query(services.knex)
          .where({ app_token: params.token })
          .modify((keys) => {
            if (after)
              keys.whereRaw("(date_trunc('milliseconds', created_at), id) > (to_timestamp(? / 1000.0), ?)", [
                after.at,
                after.id,
              ]);
          })
          .orderByRaw("date_trunc('milliseconds', created_at), id")
          .limit(query.limit + 1);
        const page = nextCursor(rows, query.limit, ({ id, created_at }) =>
          cursor.encode({ at: created_at.getTime(), id }),
        );
        return { status: 200, body: { data: page.items.map(presentKey), next: page.next } };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/applications/:token/keys',
      summary: 'Create another key',
      tag,
      roles: ['application', 'admin', 'operator'],
      body: createKeyBody,
      bodyOptional: true,
      responses: { 201: { description: 'The key; `access_token` is shown only here.', schema: createdKey } },
      handler: async ({ params, body, ...context }) => {
        const { key, accessToken, replayed } = await create(params.token, body.name ?? null, context);
        return {
          status: 201,
          body: { key_id: key.id, name: key.name, access_token: accessToken },
          headers: replayHeader(replayed),
        };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/applications/:token/keys/:key_id',
      summary: 'Delete a key',
      description: 'Its token stops working everywhere within 5 s.',
      tag,
      roles: ['application', 'admin'],
      params: Type.Object({ key_id: uuid }),
      responses: { 204: { description: 'The key is gone.' } },
      handler: async ({ params }) => {
        await remove(params.token, params.key_id);
        return { status: 204 };
      },
    }),
  ];
}
