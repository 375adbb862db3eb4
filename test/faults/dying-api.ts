// A real API that kills itself at the step named in DIE_AT, at the DIE_CALL-th write; product code knows nothing of it.
import { ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { shardKeys } from '../../src/storage/keys.ts';

const step = process.env.DIE_AT;
const keys = shardKeys(process.env.REDIS_PREFIX ?? '', 0);
const fatalCall = Number(process.env.DIE_CALL ?? 1);
let calls = 0;
let answers = 0;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing may be sent meanwhile.
  for (;;);
};

const evalsha = Redis.prototype.evalsha as (...args: unknown[]) => Promise<unknown>;
Redis.prototype.evalsha = async function (this: Redis, ...args: unknown[]) {
  if (!String(args[4]).startsWith(keys.slot(''))) return evalsha.apply(this, args);
  calls++;
  if (step === 'before the script' && calls === fatalCall) die();
  const reply = await evalsha.apply(this, args);
  if (step === 'after the script' && calls === fatalCall) die();
  return reply;
} as never;

const end = ServerResponse.prototype.end as (...args: unknown[]) => ServerResponse;
ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
  if (step === 'after the answer' && this.statusCode === 201 && ++answers === fatalCall)
    this.once('finish', die);
  return end.apply(this, args);
} as never;

await import('../../src/server.ts');
