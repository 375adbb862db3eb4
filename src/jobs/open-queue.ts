import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../lib/logger.ts';
import { type QueueName, queuePrefix } from './define-job.ts';

/**
 * A queue to add jobs to. The connection must be ready: BullMQ gives up on one that is not.
 * Its events stream stays short, since nobody reads it.
 */
export function openQueue(connection: Redis, prefix: string, name: QueueName, log: Logger): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: queuePrefix(prefix),
    streams: { events: { maxLen: 100 } },
  });
  // Without a listener an error here would end the process; the connection reports its own state.
  queue.on('error', (error) => log.debug({ queue: name, reason: error.message }, 'queue error'));
  return queue;
}
