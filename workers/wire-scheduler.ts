// Builds a scheduler: it enqueues what the clock asks for, and sweeps. Any number of them have one effect: a tick's
// job id holds the tick, and each task runs under a lock.
import cron from 'node-cron';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { jobId } from '../src/jobs/define-job.ts';
import { jobs } from '../src/jobs/registry.ts';
import { schedule } from '../src/jobs/schedule.ts';
import { type Entry, StartError } from '../src/lib/run-entry.ts';
import { register, serveHealth, wireCommon } from './wire-common.ts';

/** Starts a scheduler on its stores; `entry.shutdown` stops it. */
export async function wireScheduler(entry: Entry): Promise<void> {
  const { config, log, shutdown } = entry;
  const tasks = schedule(config);
  const wrong = tasks.find(({ expression }) => !cron.validate(expression));
  if (wrong) throw new StartError(`"${wrong.expression}" is no cron expression (${wrong.job})`);

  const { knex, tasksQueue, sweeper } = await wireCommon(entry);
  await register(entry, knex, 'scheduler');
  for (const { job, expression, payload } of tasks) {
    const task = cron.schedule(expression, ({ date }) => {
      const tick = Math.floor(date.getTime() / 1000);
      tasksQueue
        .add(job, payload, {
          ...jobs[job].options,
          jobId: jobId(job, tick),
          // While no worker runs, one tick waits for all.
          deduplication: { id: job },
        })
        .catch((error: Error) => log.warn({ job, reason: error.message }, 'tick lost'));
    });
    shutdown.add(`cron ${job}`, async () => {
      await task.destroy();
    });
  }
  sweeper.start();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  await serveHealth(entry, registry);
  log.info({ tasks: tasks.length }, 'scheduler started');
}
