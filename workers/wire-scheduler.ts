// Builds a scheduler: it enqueues what the clock asks for, and sweeps. Any number of them have one effect: a tick's
// job id holds the tick, and each task runs under a lock.
import cron from 'node-cron';
import { jobId } from '../src/jobs/define-job.ts';
import { jobs } from '../src/jobs/registry.ts';
import { type Entry, StartError } from '../src/lib/run-entry.ts';
import { schedule } from './schedule.ts';
import { wireDoorbell } from './wire-doorbell.ts';

/** Starts a scheduler on its stores; `entry.shutdown` stops it. */
export async function wireScheduler(entry: Entry): Promise<void> {
  const { config, log, shutdown } = entry;
  const tasks = schedule(config);
  const wrong = tasks.find(({ expression }) => !cron.validate(expression));
  if (wrong) throw new StartError(`"${wrong.expression}" is no cron expression (${wrong.job})`);

  const { tasksQueue, sweeper } = await wireDoorbell(entry);
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
  log.info({ tasks: tasks.length }, 'scheduler started');
}
