// The name of every Redis key and which shard it belongs to; made here and nowhere else.

/** The built-in application; it lives in shard 0. */
export const LOBBY = 'lobby';

/** The shard of an application: the first byte of its token, so no setting can disagree about it. */
export function shardOf(token: string): number {
  return token === LOBBY ? 0 : Number.parseInt(token.slice(0, 2), 16);
}

/** The keys of one shard. They share a hash tag, so on a cluster they share a slot. */
export interface ShardKeys {
  /** What all of them begin with. */
  tag: string;
  /** String: which database this shard belongs to. */
  home: string;
  /** String: the number of this life of the shard's data, or `fence:<uuid>`. */
  epoch: string;
  /** Stream: the write-ahead log of the shard. */
  outbox: string;
  /** Hash: `since`, `at`, `seq`, `bytes`, `applied`, `applied_bytes` of the current epoch. */
  gauge: string;
  /** Hash: under a fence, entries that API processes hand in, by id, and who is done. */
  handIn(fence: string): string;
  /** Hash: an API process' last call: `seq`, `reply`. */
  slot(process: string): string;
  /** Hash: `e` epoch, `n` chats counter, `x` 1 once deleted. */
  app(token: string): string;
  /** Hash: chats whose row is not written yet, by number; packed state. */
  fresh(token: string): string;
  /** Hash: `e` epoch, `n` messages counter, `o` 1 when open, `u` customer. Also its live channel. */
  chat(token: string, number: number): string;
  /** Hash: recent messages by number; `e` epoch, `lo` below which there are none. */
  tail(token: string, number: number): string;
  /** String: fingerprint and answer of an `Idempotency-Key`. */
  idempotency(hash: string): string;
  /** String: rate bucket of a principal (theoretical arrival time, GCRA). */
  rate(principal: string): string;
}

/** @param prefix `REDIS_PREFIX` */
export function shardKeys(prefix: string, shard: number): ShardKeys {
  const tag = `${prefix}:{${shard}}:`;
  return {
    tag,
    home: `${tag}home`,
    epoch: `${tag}epoch`,
    outbox: `${tag}outbox`,
    gauge: `${tag}gauge`,
    handIn: (fence) => `${tag}handin:${fence}`,
    slot: (process) => `${tag}proc:${process}`,
    app: (token) => `${tag}app:${token}`,
    fresh: (token) => `${tag}fresh:${token}`,
    chat: (token, number) => `${tag}chat:${token}:${number}`,
    tail: (token, number) => `${tag}tail:${token}:${number}`,
    idempotency: (hash) => `${tag}idem:${hash}`,
    rate: (principal) => `${tag}rate:${principal}`,
  };
}

/**
 * The scope of a shard's scripts: they are loaded for this shard of this database, and known for no other, whoever else
 * uses the same Redis or even the same prefix.
 */
export const scriptScope = (keys: ShardKeys, home: string): string => `${keys.tag}${home}`;
