// The reserve step of one shard: gathers requests, calls reserve.lua, hands out its verdicts.
import type { Redis } from 'ioredis';
import { notFound, ProblemError, unavailable } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type LuaScript, luaScript } from '../lib/lua-script.ts';
import { within } from '../lib/within.ts';
import type { Offsets } from '../outbox/offsets.ts';
import { COMMAND_TIMEOUT_MS } from '../storage/redis.ts';
import { Batcher } from './batcher.ts';
import type { Circuit } from './circuit.ts';
import { type CallReply, decodeReply, type Verdict } from './decode.ts';
import { encodeBatch, type Pending } from './encode.ts';
import { type Hydrator, IDLE_SECONDS, type Missing } from './hydrate.ts';
import type { ShardKeys } from './keys.ts';
import type { RedisClock } from './redis-clock.ts';
import type { Reserved, ReserveRequest } from './request.ts';

export const reserveScript: LuaScript = luaScript(import.meta.url, './reserve.lua');

/** App, chat and idempotency key may each be missing once; beyond that something is wrong. */
const MAX_ATTEMPTS = 6;

/** Waiting for the outbox to be applied (1 s) and a query; leaves the request time for its second call. */
const HYDRATE_MS = 1300;

export interface ShardReserverDeps {
  redis: Redis;
  circuit: Circuit;
  clock: RedisClock;
  offsets: Offsets;
  hydrator: Hydrator;
  keys: ShardKeys;
  shard: number;
  /** Names this process' slot; a fresh one for every life of a process. */
  process: string;
  limits: { maxEntries: number; maxBytes: number; windowSeconds: number };
  /** Called after a batch that appended entries. */
  onAppended: (shard: number, entries: number) => void;
  log: Logger;
}

export class ShardReserver {
  readonly #deps: ShardReserverDeps;
  readonly #batcher: Batcher<Pending>;
  #sequence = 0;

  constructor(deps: ShardReserverDeps) {
    this.#deps = deps;
    this.#batcher = new Batcher((items) => this.#flush(items));
  }

  /**
   * Takes a number for the request, with its entry in the outbox; whoever gets an answer has both.
   * @throws ProblemError not_found, idempotency_mismatch, rate_limited or unavailable; after `unavailable` the
   *   outcome is unknown to the caller, and a retry with the same idempotency key finds it
   */
  reserve(request: ReserveRequest): Promise<Reserved> {
    const record = JSON.stringify(request.record).slice(1);
    return new Promise((resolve, reject) => {
      if (this.#deps.circuit.isOpen) return reject(unavailable('Redis does not answer.'));
      const bytes = Buffer.byteLength(record);
      this.#batcher.add({ request, record, bytes, lookedUpIn: null, attempts: 0, resolve, reject });
    });
  }

  async #flush(batch: Pending[]): Promise<void> {
    const sentAt = performance.now();
    const items = batch.filter((item) => {
      if (sentAt < item.request.deadline) return true;
      item.reject(unavailable('The request waited too long.'));
      return false;
    });
    const epoch = this.#deps.offsets.get(this.#deps.shard)?.epoch ?? 0;
    if (items.length === 0) return;
    if (epoch === 0) return rejectAll(items, unavailable('The shard is not open yet.'));
    try {
      this.#settle(items, await this.#call(epoch, sentAt, items), epoch);
    } catch (error) {
      this.#fail(items, error as Error);
    }
  }

  async #call(epoch: number, sentAt: number, items: Pending[]): Promise<CallReply> {
    const { redis, clock, limits, keys } = this.#deps;
    if (!clock.known) clock.learn(await redisNow(redis));
    const { keys: names, args } = encodeBatch(
      keys,
      {
        epoch,
        process: this.#deps.process,
        sequence: ++this.#sequence,
        deadline: clock.at(sentAt + COMMAND_TIMEOUT_MS),
        idleSeconds: IDLE_SECONDS,
        ...limits,
      },
      items,
    );
    const reply = decodeReply(
      (await redis.evalsha(reserveScript.sha, names.length, ...names, ...args)) as string,
    );
    clock.learn(reply.now);
    return reply;
  }

  #settle(items: Pending[], reply: CallReply, epoch: number): void {
    switch (reply.status) {
      case 'ran':
        return this.#answer(items, reply, epoch);
      case 'late':
        // Nothing was done. Our idea of Redis' clock was wrong, or the call was held up on its way.
        this.#deps.clock.reset();
        this.#deps.clock.learn(reply.now);
        return this.#again(items);
      case 'epoch':
        return void this.#learnEpoch(items, epoch);
      default:
        this.#deps.log.error(
          { shard: this.#deps.shard, status: reply.status, detail: reply.detail },
          'reserve refused',
        );
        return rejectAll(items, unavailable('The shard is being recovered.'));
    }
  }

  #answer(items: Pending[], reply: CallReply, epoch: number): void {
    const missing: { item: Pending; what: Missing; lastId: string }[] = [];
    let appended = 0;
    for (const [i, item] of items.entries()) {
      const verdict = reply.verdicts[i] ?? { is: 'refused' as const, why: 'no verdict' };
      if (verdict.is === 'ok') appended++;
      if (verdict.is === 'hydrate')
        missing.push({ item, what: missingOf(item, verdict.what), lastId: verdict.lastId });
      else this.#deliver(item, verdict);
    }
    if (appended > 0) this.#deps.onAppended(this.#deps.shard, appended);
    if (missing.length > 0) void this.#hydrate(missing, epoch);
  }

  #deliver(item: Pending, verdict: Exclude<Verdict, { is: 'hydrate' }>): void {
    switch (verdict.is) {
      case 'ok':
      case 'replay':
        return item.resolve({ number: verdict.number, at: verdict.at, replayed: verdict.is === 'replay' });
      case 'mismatch':
        return item.reject(mismatch());
      case 'gone':
        return item.reject(notFound(verdict.what === 'app' ? 'application' : 'chat'));
      case 'full':
        return item.reject(unavailable('Too many writes are waiting for the database.', 2));
      case 'rate':
        return item.reject(rateLimited(verdict.waitMs));
      case 'refused':
        this.#deps.log.error({ shard: this.#deps.shard, reason: verdict.why }, 'redis refused a write');
        return item.reject(unavailable('Redis refuses writes.', 5));
    }
  }

  async #hydrate(missing: { item: Pending; what: Missing; lastId: string }[], epoch: number): Promise<void> {
    const items = missing.map(({ item }) => item);
    try {
      const found = await within(
        HYDRATE_MS,
        this.#deps.hydrator.find(
          epoch,
          missing[0]!.lastId,
          missing.map(({ what }) => what),
        ),
        () => unavailable('The database does not answer.'),
      );
      for (const [i, { item, what }] of missing.entries()) {
        const one = found[i]!;
        if (one.is === 'kept') this.#replay(item, one);
        else if (what.what === 'idempotency') this.#again([item], epoch);
        else if (one.is === 'gone') item.reject(notFound(what.what === 'app' ? 'application' : 'chat'));
        else this.#again([item]);
      }
    } catch (error) {
      if (!(error instanceof ProblemError))
        this.#deps.log.warn({ reason: (error as Error).message }, 'hydration failed');
      rejectAll(
        items,
        error instanceof ProblemError ? error : unavailable('The database does not answer.', 1, error),
      );
    }
  }

  #replay(item: Pending, kept: { fingerprint: string; answer: string }): void {
    if (kept.fingerprint !== item.request.idempotency?.fingerprint) return item.reject(mismatch());
    const [number, at] = kept.answer.split(' ');
    item.resolve({ number: Number(number), at: Number(at), replayed: true });
  }

  #again(items: Pending[], lookedUpIn?: number): void {
    for (const item of items) {
      if (lookedUpIn !== undefined) item.lookedUpIn = lookedUpIn;
      if (++item.attempts > MAX_ATTEMPTS) item.reject(unavailable('The shard is busy.'));
      else this.#batcher.add(item);
    }
  }

  async #learnEpoch(items: Pending[], epoch: number): Promise<void> {
    const { offsets, shard } = this.#deps;
    await offsets.refresh().catch(() => {});
    const learnt = offsets.get(shard)?.epoch ?? 0;
    if (learnt > epoch) this.#again(items);
    else rejectAll(items, unavailable('The shard is being recovered.'));
  }

  /** The call failed as a whole; whether it ran is unknown unless Redis itself refused it. */
  #fail(items: Pending[], error: Error): void {
    const { circuit, offsets, log, shard } = this.#deps;
    log.warn({ shard, reason: error.message }, 'reserve call failed');
    if (error.message.startsWith('NOSCRIPT')) {
      // A new life of Redis: nothing ran. A worker opens the shard again under a new epoch.
      void offsets.refresh().catch(() => {});
      return rejectAll(items, unavailable('The shard is being recovered.'));
    }
    if (error.name === 'ReplyError') return rejectAll(items, unavailable('Redis refuses writes.', 1, error));
    // Whatever gathered behind a call that hangs would only hang as well.
    circuit.open();
    rejectAll([...items, ...this.#batcher.takeAll()], unavailable('Redis does not answer.', 1, error));
  }
}

const rejectAll = (items: Pending[], error: Error) => {
  for (const item of items) item.reject(error);
};

const mismatch = () =>
  new ProblemError('idempotency_mismatch', 'This Idempotency-Key was used for another request.');

const rateLimited = (waitMs: number) =>
  new ProblemError('rate_limited', 'Too many writes.', {
    headers: {
      'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))),
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': String(Math.max(1, Math.ceil(waitMs / 1000))),
    },
  });

const missingOf = ({ request }: Pending, what: Missing['what']): Missing => {
  if (what === 'app') return { what, token: request.token };
  if (what === 'chat') return { what, token: request.token, chat: request.chat };
  return { what, hash: request.idempotency!.hash };
};

const redisNow = async (redis: Redis): Promise<number> => {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};
