// The write path without HTTP: reserver, persister and shard opening on real stores, each built as wire.ts does.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { Offsets } from '../../src/outbox/offsets.ts';
import { registerShards } from '../../src/outbox/shards.ts';
import type { ReserveLimits, ReserveRequest } from '../../src/reserve/request.ts';
import { Reserver } from '../../src/reserve/reserver.ts';
import { type ShardKeys, scriptScope } from '../../src/storage/keys.ts';
import { forQueries, forWorkers } from '../../src/storage/postgres.ts';
import { forCommands, forOneLife, forOutbox, whenReady } from '../../src/storage/redis.ts';
import { Persister } from '../../workers/persist/persister.ts';
import { TrimLag } from '../../workers/persist/trim-lag.ts';
import { openShard } from '../../workers/recovery/open-shard.ts';
import type { OpenShardDeps } from '../../workers/recovery/raise-epoch.ts';
import { Deployment } from './deployment.ts';

const HOUR_SECONDS = 3600;

export interface Logged {
  level: number;
  msg: string;
  [field: string]: unknown;
}

interface CoreSettings {
  redisUrl?: string;
  shards?: number;
  limits?: Partial<ReserveLimits>;
}

/** A token of the given shard. */
export const tokenOf = (shard = 0): string => shard.toString(16).padStart(2, '0') + randomUUID().slice(2);

export const idempotency = (): { hash: string; fingerprint: string } => ({
  hash: randomBytes(16).toString('hex'),
  fingerprint: randomBytes(16).toString('hex'),
});

export class Core {
  readonly deployment: Deployment;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly knex: Knex;
  readonly offsets: Offsets;
  readonly persister: Persister;
  readonly opening: OpenShardDeps;
  /** What was logged, for tests of what is said aloud. */
  readonly logged: Logged[];
  readonly #settings: CoreSettings;
  readonly #stops: (() => unknown)[];
  reserver: Reserver;
  /** The shards of batches that appended. */
  readonly rung: number[] = [];

  private constructor(parts: {
    deployment: Deployment;
    redis: Redis;
    outbox: Redis;
    pool: Pool;
    knex: Knex;
    settings: CoreSettings;
  }) {
    const { deployment, redis, outbox, pool, knex, settings } = parts;
    this.deployment = deployment;
    this.redis = redis;
    this.pool = pool;
    this.knex = knex;
    this.#settings = settings;
    this.logged = [];
    const log = pino(
      { level: 'debug' },
      { write: (line: string) => void this.logged.push(JSON.parse(line)) },
    );
    const keysOf = (shard: number) => deployment.keys(shard);
    this.offsets = new Offsets(knex, log);
    this.persister = new Persister({ pool, redis: outbox, keysOf, trimLag: new TrimLag(), log });
    this.opening = { pool, persister: this.persister, keysOf, log };
    this.reserver = this.newReserver();
    this.#stops = [
      () => redis.disconnect(),
      () => outbox.disconnect(),
      () => pool.end(),
      () => knex.destroy(),
    ];
  }

  /** With its shards registered and open. */
  static async create(settings: CoreSettings = {}): Promise<Core> {
    const deployment = await Deployment.create();
    const url = settings.redisUrl ?? deployment.env.REDIS_URL!;
    const log = pino({ level: 'silent' });
    const core = new Core({
      deployment,
      redis: await whenReady(forCommands(url, log)),
      outbox: await whenReady(forOutbox(url, log)),
      pool: forWorkers(deployment.env.DATABASE_URL!, 6, () => {}),
      knex: forQueries(deployment.env.DATABASE_URL!, 6),
      settings,
    });
    await registerShards(core.knex, settings.shards ?? 1);
    await core.offsets.refresh();
    await core.open();
    return core;
  }

  get redisUrl(): string {
    return this.#settings.redisUrl ?? this.deployment.env.REDIS_URL!;
  }

  keys(shard = 0): ShardKeys {
    return this.deployment.keys(shard);
  }

  /** Of the scripts of a shard. */
  scope(shard = 0): string {
    return scriptScope(this.keys(shard), this.offsets.get(shard)?.home ?? '');
  }

  /** Another process, as far as Redis can tell. */
  newReserver(): Reserver {
    return new Reserver({
      process: randomUUID(),
      redis: this.redis,
      knex: this.knex,
      offsets: this.offsets,
      keysOf: (shard) => this.keys(shard),
      limits: {
        ...{ maxEntries: 1e6, maxBytes: 1e9, maxAgeMs: 1e9, windowSeconds: HOUR_SECONDS },
        ...this.#settings.limits,
      },
      isMemoryShort: () => false,
      onAppended: (shard) => this.rung.push(shard),
      log: this.opening.log,
    });
  }

  async open(): Promise<void> {
    for (const { shard } of this.offsets.all()) await this.openShard(shard);
    await this.offsets.refresh();
  }

  /** One look at a shard, as a worker does it, over a connection of its own. */
  async openShard(shard = 0, deps: OpenShardDeps = this.opening): Promise<boolean> {
    const redis = await forOneLife(this.redisUrl);
    return openShard(deps, redis, shard).finally(() => redis.disconnect());
  }

  drain(shard = 0): Promise<number> {
    return this.persister.drain(shard, 'wait');
  }

  reserve(request: Partial<ReserveRequest> & Pick<ReserveRequest, 'kind' | 'token'>, by = this.reserver) {
    return by.reserve({
      chat: 0,
      customer: '',
      kept: '',
      record: { request_id: 'test' },
      idempotency: null,
      rate: null,
      deadline: performance.now() + 2500,
      ...request,
    });
  }

  async application(token = tokenOf()): Promise<string> {
    const record = { name: 'Test', key_id: randomUUID(), request_id: 'test' };
    await this.reserve({ kind: 'application', token, record });
    return token;
  }

  async chat(token: string, over: Partial<ReserveRequest> = {}): Promise<number> {
    const open = over.kind === 'open_chat';
    const customer_id = over.customer || null;
    const record = {
      subject: null,
      metadata: {},
      open,
      customer_id,
      customer_name: null,
      request_id: 'test',
    };
    return (await this.reserve({ kind: 'chat', token, record, ...over })).number;
  }

  async message(token: string, chat: number, body: string, over: Partial<ReserveRequest> = {}) {
    const record = { body, author_type: 'customer', author: null, request_id: 'test' };
    return (await this.reserve({ kind: 'message', token, chat, record, ...over })).number;
  }

  /** All messages, in order, as they stand in Postgres. */
  async messages(
    token?: string,
  ): Promise<{ chat: number; number: number; body: string | null; void: boolean }[]> {
    const query = this.knex('messages')
      .join('chats', 'chats.id', 'messages.chat_id')
      .select('chats.number as chat', 'messages.number', 'messages.body', 'messages.void')
      .orderBy(['chats.id', 'messages.number']);
    return token ? query.where('chats.app_token', token) : query;
  }

  async stop(): Promise<void> {
    this.reserver.stop();
    this.offsets.stop();
    for (const stop of this.#stops) await stop();
    await this.deployment.stop();
  }
}
