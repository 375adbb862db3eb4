// Routes for those who run the deployment.
import { Type } from 'typebox';
import { forbidden, ProblemError, unavailable } from '../../lib/errors.ts';
import type { Metrics } from '../../lib/metrics.ts';
import { within } from '../../lib/within.ts';
import type { Readiness } from '../../queries/readiness.ts';
import { defineRoute, type Route } from '../define-route.ts';

const tag = 'Operations';
const ok = Type.Object({ status: Type.Literal('ok') });
const check = Type.String({ description: '`ok`, or what is wrong.' });
const checks = Type.Object({ postgres: check, redis: check, migrations: check, epoch: check });

export interface OperationsDeps {
  readiness: () => Promise<Readiness>;
  databaseAnswers: () => Promise<unknown>;
  metrics: Metrics;
  /** Brings gauges that are read from the stores up to date. */
  collect: () => Promise<void>;
}

/** For what is read from the stores; the process' own metrics need none of it. */
/** Load balancers and scrapers add parameters of their own. */
const anyQuery = Type.Object({}, { additionalProperties: true });

const COLLECT_MS = 1000;

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';

export function operationsRoutes({ readiness, databaseAnswers, metrics, collect }: OperationsDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the process runs',
      tag,
      roles: 'public',
      query: anyQuery,
      responses: { 200: { description: 'It runs.', schema: ok } },
      handler: () => ({ status: 200, body: { status: 'ok' } }),
    }),
    defineRoute({
      method: 'GET',
      path: '/readyz',
      summary: 'Whether the process can do its work',
      tag,
      roles: 'public',
      query: anyQuery,
      problems: ['unavailable'],
      responses: {
        200: { description: 'It can.', schema: Type.Object({ status: Type.Literal('ok'), checks }) },
      },
      handler: async () => {
        const found = await readiness();
        if (!found.ready)
          throw new ProblemError('unavailable', 'Not ready.', {
            fields: { checks: found.checks },
            headers: { 'Retry-After': '1' },
          });
        return { status: 200, body: { status: 'ok', checks: found.checks } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/health',
      summary: 'Whether the database answers',
      tag,
      roles: 'public',
      query: anyQuery,
      problems: ['unavailable'],
      responses: { 200: { description: 'It does.', schema: ok } },
      handler: async () => {
        await databaseAnswers().catch((error) => {
          throw unavailable('The database does not answer.', 1, error);
        });
        return { status: 200, body: { status: 'ok' } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      summary: 'Metrics for Prometheus',
      description: 'For an operator’s bearer, or a caller on the same machine.',
      tag,
      roles: 'public',
      query: anyQuery,
      problems: ['unauthenticated', 'forbidden'],
      responses: { 200: { description: 'Prometheus text.', contentType: 'text/plain' } },
      handler: async ({ principal, peerAddress, log }) => {
        if (principal?.role !== 'operator' && !isLoopback(peerAddress)) {
          if (principal) throw forbidden('Only for operators.');
          throw new ProblemError('unauthenticated', 'Only for operators.', {
            headers: { 'WWW-Authenticate': 'Bearer' },
          });
        }
        // A store that is away must not hide what the process itself has to say.
        await within(COLLECT_MS, collect(), () => new Error('the stores take too long')).catch(
          (error: Error) => log.warn({ reason: error.message }, 'metrics incomplete'),
        );
        const body = await metrics.registry.metrics();
        return { status: 200, body, headers: { 'Content-Type': metrics.registry.contentType } };
      },
    }),
  ];
}
