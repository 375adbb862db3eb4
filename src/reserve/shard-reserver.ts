// The reserve step of one shard: gathers requests, calls reserve.lua, hands out its verdicts.
import type { Redis } from 'ioredis';
import { notFound, ProblemError, unavailable } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { luaScript } from '../lib/lua-script.ts';
import { within } from '../lib/within.ts';
import type { EntryId } from '../outbox/entry-id.ts';
import type { Offsets, ShardRow } from '../outbox/offsets.ts';
import { type ShardKeys, scriptScope } from '../storage/keys.ts';
import { COMMAND_TIMEOUT_MS } from '../storage/redis.ts';
import type { Acknowledged, AcknowledgedEntry } from './acknowledged.ts';
import { Batcher } from './batcher.ts';
import type { Circuit } from './circuit.ts';
import { type CallReply, decodeReply } from './decode.ts';
import { encodeBatch, type Pending } from './encode.ts';
import { type Found, type Hydrator, IDLE_SECONDS, type Missing } from './hydrate.ts';
import type { RedisClock } from './redis-clock.ts';
import type { Reserved, ReserveLimits, ReserveRequest } from './request.ts';
import { deliver, deliverKept, missingOf, rejectAll } from './verdicts.ts';

export const reserveScript = luaScript(import.meta.url, './reserve.lua');

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
  acknowledged: Acknowledged;
  keys: ShardKeys;
  shard: number;
  /** Names this process' slot; a fresh one for every life of a process. */
  process: string;
  limits: ReserveLimits;
  /** Whether Redis has so little memory left that nothing more may wait in it. */
  isMemoryShort: () => boolean;
  /** Called after a batch that appended entries, with the id of one of its requests. */
  onAppended: (shard: number, entries: number, requestId: string) => void;
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

  get #row(): ShardRow | undefined {
    return this.#deps.offsets.get(this.#deps.shard);
  }

  async #flush(batch: Pending[]): Promise<void> {
    const sentAt = performance.now();
    const items = batch.filter((item) => {
      if (sentAt < item.request.deadline) return true;
      item.reject(unavailable('The request waited too long.'));
      return false;
    });
    if (items.length === 0) return;
    if (this.#deps.circuit.isOpen) {
      rejectAll(items, unavailable('Redis does not answer.'));
      return;
    }
    const epoch = this.#row?.epoch ?? 0;
    if (epoch === 0) {
      void this.#deps.offsets.refresh().catch(() => {});
      rejectAll(items, unavailable('The shard is not open yet.'));
      return;
    }
    try {
      this.#settle(items, await this.#call(epoch, sentAt, items), epoch);
    } catch (error) {
      this.#fail(items, error as Error);
    }
  }

  async #call(epoch: number, sentAt: number, items: Pending[]): Promise<CallReply> {
    const { redis, clock, limits, keys } = this.#deps;
    if (!clock.known) clock.learn(await redisNow(redis));
    const head = {
      epoch,
      process: this.#deps.process,
      sequence: ++this.#sequence,
      deadline: clock.at(sentAt + COMMAND_TIMEOUT_MS),
      idleSeconds: IDLE_SECONDS,
      ...limits,
      ...(this.#deps.isMemoryShort() ? { maxEntries: 0 } : {}),
    };
    const { keys: names, args } = encodeBatch(keys, head, items);
    const { sha } = reserveScript(scriptScope(keys, this.#row?.home ?? ''));
    const reply = decodeReply((await redis.evalsha(sha, names.length, ...names, ...args)) as string);
    clock.learn(reply.now);
    return reply;
  }

  #settle(items: Pending[], reply: CallReply, epoch: number): void {
    const { log, clock, shard } = this.#deps;
    switch (reply.status) {
      case 'ran':
        this.#answer(items, reply, epoch);
        break;
      case 'late':
        // Nothing was done. Our idea of Redis' clock was wrong, or the call was held up on its way.
        clock.reset();
        clock.learn(reply.now);
        this.#again(items);
        break;
      case 'epoch':
        void this.#learnEpoch(items, epoch);
        break;
      default:
        log.error({ shard, status: reply.status, detail: reply.detail }, 'reserve refused');
        rejectAll(items, unavailable('The shard is being recovered.'));
    }
  }

  #answer(items: Pending[], reply: CallReply, epoch: number): void {
    const { acknowledged, log, offsets, onAppended, shard } = this.#deps;
    const missing: MissingItem[] = [];
    let requestId = '';
    const accepted: Omit<AcknowledgedEntry, keyof EntryId>[] = [];
    for (const [i, item] of items.entries()) {
      const verdict = reply.verdicts[i] ?? { is: 'refused' as const, why: 'no verdict' };
      if (verdict.is === 'ok') {
        accepted.push({ number: verdict.number, at: verdict.at, item });
        requestId = item.request.record.request_id;
      }
      if (verdict.is === 'hydrate')
        missing.push({ item, what: missingOf(item, verdict.what), lastId: verdict.lastId });
      else deliver(item, verdict, log, offsets.drainRate(shard));
    }
    if (accepted.length > 0) {
      const first = Number(reply.detail) - accepted.length + 1;
      acknowledged.add(accepted.map((entry, i) => ({ epoch, sequence: first + i, ...entry })));
      onAppended(shard, accepted.length, requestId);
    }
    if (missing.length > 0) void this.#hydrate(missing, epoch);
  }

  async #hydrate(missing: MissingItem[], epoch: number): Promise<void> {
    const { hydrator, log } = this.#deps;
    // Later verdicts of a call have seen its earlier entries.
    const lastId = missing.at(-1)?.lastId ?? '';
    const wanted = missing.map(({ what }) => what);
    try {
      const found = await within(HYDRATE_MS, hydrator.find(epoch, lastId, wanted), () =>
        unavailable('The database does not answer.'),
      );
      for (const [i, { item, what }] of missing.entries()) this.#goOn(item, what, found[i], epoch);
    } catch (error) {
      const known = error instanceof ProblemError;
      if (!known) log.warn({ reason: (error as Error).message }, 'hydration failed');
      rejectAll(
        missing.map(({ item }) => item),
        known ? error : unavailable('The database does not answer.', 1, error),
      );
    }
  }

  #goOn(item: Pending, { what }: Missing, found: Found | undefined, epoch: number): void {
    if (found?.is === 'kept') deliverKept(item, found);
    else if (what === 'idempotency') this.#again([item], epoch);
    else if (found?.is === 'gone') item.reject(notFound(what === 'app' ? 'application' : 'chat'));
    else this.#again([item]);
  }

  /** @param lookedUpIn the epoch in which Postgres was found to know nothing of the idempotency key */
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
      rejectAll(items, unavailable('The shard is being recovered.'));
    } else if (error.name === 'ReplyError') {
      rejectAll(items, unavailable('Redis refuses writes.', 1, error));
    } else {
      // Whatever gathered behind a call that hangs would only hang as well.
      circuit.open();
      rejectAll([...items, ...this.#batcher.takeAll()], unavailable('Redis does not answer.', 1, error));
    }
  }
}

interface MissingItem {
  item: Pending;
  what: Missing;
  lastId: string;
}

const redisNow = async (redis: Redis): Promise<number> => {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};
