// Brings counters from Postgres into Redis when they are missing there. Counters are a cache: Postgres, once it has
// applied the outbox as of the question, knows them exactly.
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { luaScript } from '../lib/lua-script.ts';
import type { Offsets } from '../outbox/offsets.ts';
import { type ShardKeys, scriptScope } from '../storage/keys.ts';

/** Keys of idle chats and applications leave Redis after this; every touch renews them. */
export const IDLE_SECONDS = 86_400;

/** How long a request may wait for the outbox to be applied before it is answered 503. */
const APPLY_WAIT_MS = 1000;

export const installScript = luaScript(import.meta.url, './install.lua');

export type Missing =
  | { what: 'app'; token: string }
  | { what: 'chat'; token: string; chat: number }
  | { what: 'idempotency'; hash: string };

/** `installed`: ask the script again. `gone`: Postgres has no such thing. `kept`: what the key was answered with. */
export type Found =
  | { is: 'installed' }
  | { is: 'gone' }
  | { is: 'kept'; fingerprint: string; answer: string };

const INSTALLED: Found = { is: 'installed' };
const GONE: Found = { is: 'gone' };

interface Hash {
  key: string;
  fields: (string | number)[];
}

const nameOf = (missing: Missing): string => Object.values(missing).join(' ');

/** What was found in one epoch says nothing of the next. */
const flightOf = (epoch: number, missing: Missing): string => `${epoch} ${nameOf(missing)}`;

export class Hydrator {
  readonly #redis: Redis;
  readonly #knex: Knex;
  readonly #offsets: Offsets;
  readonly #shard: number;
  readonly #keys: ShardKeys;
  readonly #windowSeconds: number;
  /** One flight per key. */
  readonly #flights = new Map<string, Promise<Map<string, Found>>>();

  constructor(deps: {
    redis: Redis;
    knex: Knex;
    offsets: Offsets;
    shard: number;
    keys: ShardKeys;
    windowSeconds: number;
  }) {
    this.#redis = deps.redis;
    this.#knex = deps.knex;
    this.#offsets = deps.offsets;
    this.#shard = deps.shard;
    this.#keys = deps.keys;
    this.#windowSeconds = deps.windowSeconds;
  }

  /**
   * Looks all of them up with one query per kind, after Postgres has applied everything up to `lastId`.
   * @returns what was found, in the order asked
   */
  async find(epoch: number, lastId: string, missing: Missing[]): Promise<Found[]> {
    const fresh = new Map(missing.map((one) => [flightOf(epoch, one), one]));
    for (const name of fresh.keys()) if (this.#flights.has(name)) fresh.delete(name);
    if (fresh.size > 0) this.#launch(epoch, lastId, fresh);
    return Promise.all(
      missing.map(async (one) => {
        const found = await this.#flights.get(flightOf(epoch, one));
        // A flight that landed between the two lines has installed what was asked for.
        return found?.get(nameOf(one)) ?? INSTALLED;
      }),
    );
  }

  #launch(epoch: number, lastId: string, fresh: Map<string, Missing>): void {
    const flight = this.#fetch(epoch, lastId, [...fresh.values()]).finally(() => {
      for (const name of fresh.keys()) this.#flights.delete(name);
    });
    for (const name of fresh.keys()) this.#flights.set(name, flight);
  }

  async #fetch(epoch: number, lastId: string, missing: Missing[]): Promise<Map<string, Found>> {
    await this.#offsets.reached(this.#shard, lastId, APPLY_WAIT_MS);
    const found = new Map<string, Found>(missing.map((one) => [nameOf(one), GONE]));
    const hashes = [
      ...(await this.#apps(
        missing.filter((one) => one.what === 'app'),
        found,
      )),
      ...(await this.#chats(
        missing.filter((one) => one.what === 'chat'),
        found,
      )),
    ];
    await this.#keptAnswers(
      missing.filter((one) => one.what === 'idempotency'),
      found,
    );
    if (hashes.length > 0) await this.#install(epoch, hashes);
    return found;
  }

  async #apps(missing: Extract<Missing, { what: 'app' }>[], found: Map<string, Found>): Promise<Hash[]> {
    if (missing.length === 0) return [];
    const rows = await this.#knex('applications')
      .select('token', 'last_chat_number', 'deleted_at')
      .whereIn(
        'token',
        missing.map(({ token }) => token),
      );
    return rows.map((row) => {
      found.set(nameOf({ what: 'app', token: row.token }), INSTALLED);
      return {
        key: this.#keys.app(row.token),
        fields: ['n', row.last_chat_number, 'x', row.deleted_at ? 1 : 0],
      };
    });
  }

  async #chats(missing: Extract<Missing, { what: 'chat' }>[], found: Map<string, Found>): Promise<Hash[]> {
    if (missing.length === 0) return [];
    const rows = await this.#knex('chats')
      .select('app_token', 'number', 'last_message_number', 'open', 'customer_id')
      .whereIn(
        ['app_token', 'number'],
        missing.map(({ token, chat }) => [token, chat]),
      );
    return rows.map((row) => {
      found.set(nameOf({ what: 'chat', token: row.app_token, chat: row.number }), INSTALLED);
      return {
        key: this.#keys.chat(row.app_token, row.number),
        fields: ['n', row.last_message_number, 'o', row.open ? 1 : 0, 'u', row.customer_id ?? ''],
      };
    });
  }

  async #keptAnswers(missing: Extract<Missing, { what: 'idempotency' }>[], found: Map<string, Found>) {
    if (missing.length === 0) return;
    const rows = await this.#knex('idempotency_keys')
      .select('key_hash', 'fingerprint', 'answer')
      .whereIn(
        'key_hash',
        missing.map(({ hash }) => Buffer.from(hash, 'hex')),
      )
      .whereRaw('created_at > now() - make_interval(secs => ?)', [this.#windowSeconds]);
    for (const row of rows) {
      const name = nameOf({ what: 'idempotency', hash: row.key_hash.toString('hex') });
      found.set(name, { is: 'kept', fingerprint: row.fingerprint.toString('hex'), answer: row.answer });
    }
  }

  async #install(epoch: number, hashes: Hash[]): Promise<void> {
    const keys = [this.#keys.epoch, ...hashes.map(({ key }) => key)];
    const args = hashes.flatMap(({ fields }) => [fields.length, ...fields]);
    await this.#redis.evalsha(
      installScript(scriptScope(this.#keys, this.#offsets.get(this.#shard)?.home ?? '')).sha,
      keys.length,
      ...keys,
      epoch,
      IDLE_SECONDS,
      ...args,
    );
  }
}
