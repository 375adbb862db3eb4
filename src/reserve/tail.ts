// Recent messages in Redis: acknowledged ones can be read before their rows exist.
import type { Redis } from 'ioredis';
import type { MessageRecord } from '../outbox/entry.ts';
import type { Offsets } from '../outbox/offsets.ts';
import { type ShardKeys, shardOf } from '../storage/keys.ts';

/** What Redis knows of a chat: its last acknowledged number, and who may see it. */
export interface ChatState {
  last: number;
  open: boolean;
  customer_id: string | null;
}

export class Tail {
  readonly #redis: Redis;
  readonly #offsets: Offsets;
  readonly #keysOf: (shard: number) => ShardKeys;

  constructor(redis: Redis, offsets: Offsets, keysOf: (shard: number) => ShardKeys) {
    this.#redis = redis;
    this.#offsets = offsets;
    this.#keysOf = keysOf;
  }

  /** What is cached under another epoch than Postgres' is not known here at all. */
  #epoch(token: string): string | undefined {
    return this.#offsets.get(shardOf(token))?.epoch.toString();
  }

  /** `missing` when Redis does not know; `gone` from the deletion on. */
  async appState(token: string): Promise<'here' | 'missing' | 'gone'> {
    const keys = this.#keysOf(shardOf(token));
    const [epoch, [known, gone]] = (await Promise.all([
      this.#redis.get(keys.epoch),
      this.#redis.hmget(keys.app(token), 'e', 'x'),
    ])) as [string | null, (string | null)[]];
    if (epoch !== this.#epoch(token) || known !== epoch) return 'missing';
    return gone === '1' ? 'gone' : 'here';
  }

  /** `missing` when Redis does not know: Postgres then does, once the outbox is applied. `gone`: deleted. */
  async chatState(token: string, chat: number): Promise<ChatState | 'missing' | 'gone'> {
    const keys = this.#keysOf(shardOf(token));
    const replies = await this.#redis
      .pipeline()
      .get(keys.epoch)
      .hmget(keys.app(token), 'e', 'x')
      .hmget(keys.chat(token, chat), 'e', 'n', 'o', 'u')
      .exec();
    const [epoch, app, state] = (replies ?? []).map(([error, value]) => {
      if (error) throw error;
      return value;
    }) as [string | null, (string | null)[], (string | null)[]];
    if (epoch !== this.#epoch(token) || app[0] !== epoch) return 'missing';
    if (app[1] === '1') return 'gone';
    if (state[0] !== epoch) return 'missing';
    return { last: Number(state[1]), open: state[2] === '1', customer_id: state[3] || null };
  }

  /** The messages of these numbers that are still in the tail. */
  async read(token: string, chat: number, numbers: number[]): Promise<Map<number, MessageRecord>> {
    if (numbers.length === 0) return new Map();
    const tail = this.#keysOf(shardOf(token)).tail(token, chat);
    const [epoch, ...found] = await this.#redis.hmget(tail, 'e', ...numbers.map(String));
    if (epoch !== this.#epoch(token)) return new Map();
    const records = found.filter((text) => text !== null).map((text) => JSON.parse(text) as MessageRecord);
    return new Map(records.map((record) => [record.number, record]));
  }

  /** Takes one message out: from now on it is read from Postgres, where it can change. */
  async forget(token: string, chat: number, number: number): Promise<void> {
    await this.#redis.hdel(this.#keysOf(shardOf(token)).tail(token, chat), String(number));
  }
}
