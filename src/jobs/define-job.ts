// A job is one name and two files: its contract here, its handler of the same basename under workers/handlers/.
import type { JobsOptions } from 'bullmq';
import type { Static, TSchema } from 'typebox';

/** Work that follows writes, and work that follows the clock, never wait for each other. */
export const queueNames = ['persist', 'tasks'] as const;
export type QueueName = (typeof queueNames)[number];

export interface JobContract<Payload extends TSchema = TSchema> {
  /** Data on disk: a rename keeps the old name as an alias until its queue is drained. */
  name: string;
  queue: QueueName;
  payload: Payload;
  /** Retry policy and what is kept; never an id, which belongs to the single job. */
  options: JobsOptions;
  /** After this the run counts as failed, in ms. */
  timeoutMs: number;
}

export type PayloadOf<Contract> = Contract extends JobContract<infer Payload> ? Static<Payload> : never;

export const defineJob = <Payload extends TSchema>(contract: JobContract<Payload>): JobContract<Payload> =>
  contract;

/**
 * An id that BullMQ accepts: parts joined by a dash; BullMQ refuses ids that hold a colon or are all digits.
 * @throws Error for a part that would make it refuse the id
 */
export function jobId(...parts: (string | number)[]): string {
  const id = parts.join('-');
  if (id.includes(':') || /^\d+$/.test(id) || id === '') throw new Error(`"${id}" is no job id`);
  return id;
}

/** BullMQ's keys have a hash tag of their own, apart from the shards'. */
export const queuePrefix = (prefix: string): string => `${prefix}:{queues}`;
