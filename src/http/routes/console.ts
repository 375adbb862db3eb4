// The JSON behind the operators' console.
import type { Job, Queue } from 'bullmq';
import type { Knex } from 'knex';
import cron from 'node-cron';
import { Type } from 'typebox';
import { type DeadLetter, listDeadLetters, replayDeadLetter } from '../../commands/replay-dead-letter.ts';
import { jobId } from '../../jobs/define-job.ts';
import { jobs } from '../../jobs/registry.ts';
import type { ScheduledTask } from '../../jobs/schedule.ts';
import { notFound, ProblemError } from '../../lib/errors.ts';
import { consistency as readConsistency } from '../../queries/consistency.ts';
import { createOverview, type OverviewDeps } from '../../queries/operations-overview.ts';
import { defineRoute, type Route } from '../define-route.ts';
import { limit } from '../schemas/common.ts';
import {
  consistency,
  deadLetterList,
  enqueued,
  jobList,
  jobStates,
  overview,
  queueState,
  replayed,
  taskList,
} from '../schemas/console.ts';

const tag = 'Console';
const roles = ['operator'] as const;

export interface ConsoleDeps extends OverviewDeps {
  knex: Knex;
  schedule: ScheduledTask[];
}

const presentJob = (queue: string, state: string, job: Job) => ({
  id: job.id ?? '',
  queue,
  name: job.name,
  state,
  payload: job.data as unknown,
  attempts: job.attemptsMade,
  failed_reason: job.failedReason ?? null,
  created_at: new Date(job.timestamp).toISOString(),
});

/** Without its content, and without Postgres' words, which may quote it: operators see no message bodies. */
const presentLetter = (letter: DeadLetter) => ({
  id: String(letter.id),
  kind: letter.kind,
  app_token: letter.app_token,
  chat_number: letter.chat_number,
  number: letter.number,
  sqlstate: letter.sqlstate,
  created_at: letter.created_at.toISOString(),
  replayed_at: letter.replayed_at?.toISOString() ?? null,
});

function nextRun(expression: string): string | null {
  // A task knows its next run only once it is started.
  const task = cron.schedule(expression, () => {});
  const next = task.getNextRun();
  void task.destroy();
  return next?.toISOString() ?? null;
}

async function listTasks(knex: Knex, schedule: ScheduledTask[]) {
  const runs = new Map((await knex('task_runs')).map((run) => [run.task, run]));
  return schedule.map(({ job, expression }) => {
    const run = runs.get(job);
    return {
      name: job,
      expression,
      last_started_at: run?.started_at.toISOString() ?? null,
      last_finished_at: run?.finished_at?.toISOString() ?? null,
      last_outcome: run?.outcome ?? null,
      changed: run?.changed ?? null,
      next_at: nextRun(expression),
    };
  });
}

function queueOf(queues: Queue[], name: string): Queue {
  const queue = queues.find((one) => one.name === name);
  if (!queue) throw notFound('queue');
  return queue;
}

async function findJob(queues: Queue[], id: string): Promise<Job> {
  for (const queue of queues) {
    const job = await queue.getJob(id);
    if (job) return job;
  }
  throw notFound('job');
}

export function consoleRoutes(deps: ConsoleDeps): Route[] {
  const { knex, queues, schedule } = deps;
  const readOverview = createOverview(deps);
  const replay = replayDeadLetter({ knex });
  const letters = listDeadLetters({ knex });
  const consistent = readConsistency({ knex });
  const named = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });

  const setPaused = (path: '/ops/api/queues/:name/pause' | '/ops/api/queues/:name/resume', paused: boolean) =>
    defineRoute({
      method: 'POST',
      path,
      summary: paused ? 'Stop taking jobs from a queue' : 'Take jobs from a queue again',
      ...{ tag, roles, params: named, idempotent: false },
      body: Type.Object({}),
      bodyOptional: true,
      responses: { 200: { description: 'The queue.', schema: queueState } },
      handler: async ({ params }) => {
        const queue = queueOf(queues, params.name);
        await (paused ? queue.pause() : queue.resume());
        return { status: 200, body: { name: queue.name, paused } };
      },
    });

  return [
    defineRoute({
      method: 'GET',
      path: '/ops/api/overview',
      summary: 'Throughput, backlog, lag, queues, processes and stores',
      ...{ tag, roles },
      responses: { 200: { description: 'As of now; rates since the last look.', schema: overview } },
      handler: async () => ({ status: 200, body: await readOverview() }),
    }),
    defineRoute({
      method: 'GET',
      path: '/ops/api/jobs',
      summary: 'Jobs in one state',
      ...{ tag, roles },
      query: Type.Object({
        state: Type.Unsafe<(typeof jobStates)[number]>({
          type: 'string',
          enum: jobStates,
          default: 'failed',
        }),
        limit,
      }),
      responses: { 200: { description: 'Newest first.', schema: jobList } },
      handler: async ({ query }) => {
        const found = await Promise.all(
          queues.map(async (queue) =>
            (await queue.getJobs([query.state], 0, query.limit - 1, false)).map((job) =>
              presentJob(queue.name, query.state, job),
            ),
          ),
        );
        const data = found.flat().sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
        return { status: 200, body: { data: data.slice(0, query.limit), next: null } };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/ops/api/jobs/:id/retry',
      summary: 'Run a failed job again',
      ...{ tag, roles, idempotent: false },
      body: Type.Object({}),
      bodyOptional: true,
      problems: ['conflict'],
      responses: { 202: { description: 'It waits for a worker.', schema: enqueued } },
      handler: async ({ params }) => {
        const job = await findJob(queues, params.id);
        if (!(await job.isFailed())) throw new ProblemError('conflict', 'Only a failed job can be retried.');
        await job.retry();
        return { status: 202, body: { job_id: job.id } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ops/api/dead-letters',
      summary: 'Entries that Postgres refused',
      ...{ tag, roles },
      query: Type.Object({ limit }),
      responses: { 200: { description: 'Oldest first, without their content.', schema: deadLetterList } },
      handler: async ({ query }) => ({
        status: 200,
        body: { data: (await letters(query.limit)).map(presentLetter), next: null },
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/ops/api/dead-letters/:id/replay',
      summary: 'Put a refused entry’s content into its void row',
      ...{ tag, roles, params: Type.Object({ id: Type.Integer({ minimum: 1 }) }), idempotent: false },
      body: Type.Object({}),
      bodyOptional: true,
      problems: ['conflict'],
      responses: { 200: { description: 'The row holds it now.', schema: replayed } },
      handler: async ({ params }) => {
        await replay(params.id).catch((error: { code?: string }) => {
          if (!/^2[23]/.test(String(error.code))) throw error;
          throw new ProblemError('conflict', `Postgres still refuses it (${error.code}).`);
        });
        return { status: 200, body: { id: String(params.id), replayed: true } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ops/api/tasks',
      summary: 'Scheduled tasks with their last and next run',
      ...{ tag, roles },
      responses: { 200: { description: 'In the order of the schedule.', schema: taskList } },
      handler: async () => ({ status: 200, body: { data: await listTasks(knex, schedule), next: null } }),
    }),
    defineRoute({
      method: 'POST',
      path: '/ops/api/tasks/:name/run',
      summary: 'Run a scheduled task now',
      ...{ tag, roles, params: named, idempotent: false },
      body: Type.Object({}),
      bodyOptional: true,
      responses: { 202: { description: 'It waits for a worker.', schema: enqueued } },
      handler: async ({ params }) => {
        const task = schedule.find(({ job }) => job === params.name);
        if (!task) throw notFound('task');
        const options = { ...jobs[task.job].options, jobId: jobId(task.job, 'now', Date.now()) };
        const job = await queueOf(queues, jobs[task.job].queue).add(task.job, task.payload, options);
        return { status: 202, body: { job_id: job.id } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/ops/api/consistency',
      summary: 'Audits, recoveries, offsets and dead letters',
      ...{ tag, roles },
      responses: { 200: { description: 'What does not agree, and what was lost.', schema: consistency } },
      handler: async () => ({ status: 200, body: await consistent() }),
    }),
    setPaused('/ops/api/queues/:name/pause', true),
    setPaused('/ops/api/queues/:name/resume', false),
  ];
}
