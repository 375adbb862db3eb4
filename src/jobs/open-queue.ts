import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type QueueName, queuePrefix } from './define-job.ts';

/**
 * A queue to add jobs to. The connection must be ready: BullMQ gives up on one that is not.
 * Its events stream stays short, since nobody reads it.
 */
export function openQueue(connection: Redis, prefix: string, name: QueueName): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: queuePrefix(prefix),
    streams: { events: { maxLen: 100 } },
  });
  return queue;
}
