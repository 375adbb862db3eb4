// Baseline (b), the API: INCR for the number, one BullMQ job for the message. The worker is textbook-worker.ts.
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { setting } from './settings.ts';
import { serve } from './shell.ts';

const prefix = setting('REDIS_PREFIX');
const redis = new Redis(setting('REDIS_URL'));
const queue = new Queue('messages', {
  connection: new Redis(setting('REDIS_URL')),
  prefix: `{${prefix}}`,
  streams: { events: { maxLen: 100 } },
  defaultJobOptions: { attempts: 5, backoff: 500, removeOnComplete: true, removeOnFail: 1000 },
});

await serve(
  async (message) => {
    const number = await redis.incr(`${prefix}:chat:${message.chat}`);
    await queue.add('message', { ...message, number });
    return number;
  },
  async () => {
    await queue.close();
    redis.disconnect();
  },
);
