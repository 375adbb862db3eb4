// Runs one job: resolve, check the payload, run with a time limit, classify, report.

import { Ajv } from 'ajv';
import { type Job, UnrecoverableError } from 'bullmq';
import type { JobContract } from '../src/jobs/define-job.ts';
import { type Jobs, jobs } from '../src/jobs/registry.ts';
import type { Logger } from '../src/lib/logger.ts';
import { within } from '../src/lib/within.ts';
import type { Handlers } from './handlers/registry.ts';

/** How a run ended: `retry` follows the contract's policy, `permanent` is not tried again. */
export type Outcome = 'done' | 'retry' | 'permanent';

const ajv = new Ajv();
const checks = new Map(Object.values<JobContract>(jobs).map((job) => [job.name, ajv.compile(job.payload)]));

function resolve(job: Job): JobContract {
  const contract = Object.values<JobContract>(jobs).find(({ name }) => name === job.name);
  if (!contract) throw new UnrecoverableError(`no such job: ${job.name}`);
  return contract;
}

function check(contract: JobContract, payload: unknown): void {
  const valid = checks.get(contract.name);
  if (!valid?.(payload)) throw new UnrecoverableError(`bad payload: ${ajv.errorsText(valid?.errors)}`);
}

const outcomeOf = (error: unknown): Outcome => (error instanceof UnrecoverableError ? 'permanent' : 'retry');

/** The processor of every worker. `report` hears of each run, whatever its end. */
export function createRunJob(
  handlers: Handlers,
  log: Logger,
  report: (name: string, outcome: Outcome, seconds: number) => void = () => {},
) {
  return async (job: Job): Promise<void> => {
    const started = performance.now();
    let outcome: Outcome = 'done';
    try {
      const contract = resolve(job);
      check(contract, job.data);
      const handler = handlers[contract.name as keyof Jobs] as (
        payload: unknown,
        log: Logger,
      ) => Promise<void>;
      const work = handler(
        job.data,
        log.child({ job: job.name, job_id: job.id, request_id: job.data?.request_id }),
      );
      await within(contract.timeoutMs, work, () => new Error(`no end after ${contract.timeoutMs} ms`));
    } catch (error) {
      outcome = outcomeOf(error);
      log.error(
        { job: job.name, job_id: job.id, outcome, attempt: job.attemptsStarted, err: error },
        'job failed',
      );
      throw error;
    } finally {
      report(job.name, outcome, (performance.now() - started) / 1000);
    }
  };
}
