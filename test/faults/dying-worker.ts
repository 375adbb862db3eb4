// A real worker that kills itself at the step named in DIE_AT; product code knows nothing of it.
import { Redis } from 'ioredis';
import pg from 'pg';
import { runEntry } from '../../src/lib/run-entry.ts';
import { shardKeys } from '../../src/storage/keys.ts';
import { wireWorker } from '../../workers/wire-worker.ts';

const step = process.env.DIE_AT;
const keys = shardKeys(process.env.REDIS_PREFIX ?? '', 0);
let started = false;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing may be sent meanwhile.
  for (;;);
};

const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
/** Connections whose open transaction has written rows. */
const wrote = new WeakSet<object>();

pg.Client.prototype.query = function (this: object, ...args: unknown[]) {
  const [first] = args as [string | { text: string; name?: string }];
  const text = typeof first === 'string' ? first : first.text;
  if (step === 'before the lock' && started && text.includes('FOR UPDATE')) die();
  if (typeof first === 'object' && first.name === 'move-offset') {
    if (step === 'after the inserts') die();
    wrote.add(this);
  }
  const commits = text === 'COMMIT' && wrote.delete(this);
  if (commits && step === 'before the commit') die();
  const result = query.apply(this, args);
  if (commits && step === 'after the commit') (result as Promise<unknown>).then(die);
  return result;
} as never;

const evalsha = Redis.prototype.evalsha as (...args: unknown[]) => Promise<unknown>;
Redis.prototype.evalsha = async function (this: Redis, ...args: unknown[]) {
  const result = await evalsha.apply(this, args);
  if (step === 'after the settling' && args[3] === keys.gauge && args[4] === keys.outbox) die();
  return result;
} as never;

await runEntry('dying worker', async (entry) => {
  await wireWorker(entry);
  started = true;
});
