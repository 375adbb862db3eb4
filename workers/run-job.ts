// Runs one job: resolve, check the payload, run with a time limit, classify and report a failure.

import { Ajv } from 'ajv';
import { type Job, UnrecoverableError } from 'bullmq';
import type { JobContract } from '../src/jobs/define-job.ts';
import { type Jobs, jobs } from '../src/jobs/registry.ts';
import type { Logger } from '../src/lib/logger.ts';
import { within } from '../src/lib/within.ts';
import type { Handlers } from './handlers/registry.ts';

/** How a failed run goes on: `retry` follows the contract's policy, `permanent` is not tried again. */
type Outcome = 'retry' | 'permanent';

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

/** A retry is told in a line, for an outage makes many; what will never work is told with its stack. */
function report(log: Logger, job: Job, error: Error): void {
  const line = { job: job.name, job_id: job.id, attempt: job.attemptsStarted };
  const outcome = outcomeOf(error);
  if (outcome === 'permanent') log.error({ ...line, outcome, err: error }, 'job failed');
  else log.warn({ ...line, outcome, reason: error.message }, 'job failed');
}

/** The processor of every worker. */
export function createRunJob(handlers: Handlers, log: Logger) {
  return async (job: Job): Promise<void> => {
    try {
      const contract = resolve(job);
      check(contract, job.data);
      const handler = handlers[contract.name as keyof Jobs] as (
        payload: unknown,
        log: Logger,
      ) => Promise<void>;
      const scope = { job: job.name, job_id: job.id, request_id: job.data?.request_id };
      const work = handler(job.data, log.child(scope));
      await within(contract.timeoutMs, work, () => new Error(`no end after ${contract.timeoutMs} ms`));
    } catch (error) {
      report(log, job, error as Error);
      throw error;
    }
  };
}
