// The tiny routes that the tests serve.
import { Type } from 'typebox';
import { defineRoute } from '../../src/http/define-route.ts';
import { nonBlank, pageQuery } from '../../src/http/schemas/common.ts';
import { ProblemError } from '../../src/lib/errors.ts';

const responses = { 200: { description: 'Fine.' } };
const common = { summary: 'A route of the tests', tag: 'Tests', responses } as const;

/** Answers the body it was sent. */
export const echo = defineRoute({
  ...common,
  method: 'POST',
  path: '/echo',
  roles: 'public',
  body: Type.Object({
    text: nonBlank(10),
    count: Type.Optional(Type.Integer()),
    metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    inner: Type.Optional(Type.Object({ flag: Type.Boolean() })),
  }),
  handler: ({ body }) => ({ status: 200, body }),
});

/** Takes any JSON there is. */
export const anything = defineRoute({
  ...common,
  method: 'POST',
  path: '/anything',
  roles: 'public',
  body: Type.Unknown(),
  handler: ({ body }) => ({ status: 200, body: { body } }),
});

export const optional = defineRoute({
  ...common,
  method: 'POST',
  path: '/optional',
  roles: 'public',
  body: Type.Object({ name: Type.Optional(Type.String()) }),
  bodyOptional: true,
  handler: ({ body }) => ({ status: 200, body }),
});

export const page = defineRoute({
  ...common,
  method: 'GET',
  path: '/page',
  roles: 'public',
  query: pageQuery({ q: Type.Optional(Type.String()), after: Type.Optional(Type.Integer({ minimum: 0 })) }),
  handler: ({ query }) => ({ status: 200, body: query }),
});

export const chat = defineRoute({
  ...common,
  method: 'GET',
  path: '/applications/:token/chats/:number',
  roles: ['application', 'customer'],
  handler: ({ params, principal }) => ({ status: 200, body: { params, principal } }),
});

export const createChat = defineRoute({
  ...common,
  method: 'POST',
  path: '/applications/:token/chats',
  roles: ['application', 'customer'],
  body: Type.Object({ subject: Type.Optional(Type.String()) }),
  bodyOptional: true,
  handler: ({ idempotency }) => ({
    status: 200,
    body: idempotency && {
      principal: idempotency.principal,
      key: idempotency.keyHash.toString('hex'),
      fingerprint: idempotency.fingerprint.toString('hex'),
    },
  }),
});

/** A tenant's route that operators may use too. */
export const application = defineRoute({
  ...common,
  method: 'GET',
  path: '/applications/:token',
  roles: ['application', 'operator'],
  handler: ({ params }) => ({ status: 200, body: params }),
});

export const whoami = defineRoute({
  ...common,
  method: 'GET',
  path: '/whoami',
  roles: 'public',
  handler: ({ principal, address, peerAddress }) => ({
    status: 200,
    body: { principal, address, peerAddress },
  }),
});

/** A route whose handler throws what it is given. */
export const failing = (error: () => unknown) =>
  defineRoute({
    ...common,
    method: 'GET',
    path: '/failing',
    roles: 'public',
    handler: () => {
      throw error();
    },
  });

export const refused = failing(
  () => new ProblemError('insufficient_balance', 'The price is 5.', { fields: { price: 5, balance: 1 } }),
);
