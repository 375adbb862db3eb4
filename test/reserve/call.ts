// One call of reserve.lua, with everything that its caller decides in the test's hand.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type CallReply, decodeReply } from '../../src/reserve/decode.ts';
import { type CallHead, encodeBatch, type Pending } from '../../src/reserve/encode.ts';
import type { ReserveRequest } from '../../src/reserve/request.ts';
import { reserveScript } from '../../src/reserve/shard-reserver.ts';
import type { ShardKeys } from '../../src/storage/keys.ts';
import type { Core } from '../helpers/core.ts';

export type RequestOver = Partial<ReserveRequest> &
  Pick<ReserveRequest, 'kind' | 'token'> & { lookedUpIn?: number };

/** What any kind of entry needs, so that Postgres takes each of them. */
const recordOf = ({ kind, customer }: RequestOver) => ({
  ...{ name: 'Test', key_id: randomUUID() },
  ...{ subject: null, metadata: {}, open: kind === 'open_chat', customer_id: customer || null },
  ...{ body: 'hello', author_type: 'customer', author: null, request_id: 't' },
});

export function pending({ lookedUpIn, ...over }: RequestOver): Pending {
  const request: ReserveRequest = {
    chat: 0,
    customer: '',
    kept: '',
    record: recordOf(over),
    idempotency: null,
    rate: null,
    deadline: 0,
    ...over,
  };
  const record = JSON.stringify(request.record).slice(1);
  return {
    request,
    record,
    bytes: record.length,
    lookedUpIn: lookedUpIn ?? null,
    attempts: 0,
    resolve: () => {},
    reject: () => {},
  };
}

export class Caller {
  readonly #redis: Redis;
  readonly #keys: ShardKeys;
  head: CallHead;

  readonly #sha: string;

  constructor(core: Core, head: Partial<CallHead> = {}) {
    this.#redis = core.redis;
    this.#keys = core.keys();
    this.#sha = reserveScript(core.scope()).sha;
    this.head = {
      epoch: 1,
      process: 'test',
      sequence: 0,
      deadline: Number.MAX_SAFE_INTEGER,
      maxEntries: 1000,
      maxBytes: 1e6,
      maxAgeMs: 1e9,
      windowSeconds: 3600,
      idleSeconds: 600,
      ...head,
    };
  }

  /** Under the next sequence, unless `head` says otherwise. */
  call(requests: RequestOver[], head: Partial<CallHead> = {}): Promise<CallReply> {
    this.head.sequence++;
    return this.send(requests, { ...this.head, ...head });
  }

  async send(requests: RequestOver[], head: CallHead): Promise<CallReply> {
    const { keys, args } = encodeBatch(this.#keys, head, requests.map(pending));
    const reply = await this.#redis.evalsha(this.#sha, keys.length, ...keys, ...args);
    return decodeReply(reply as string);
  }
}
