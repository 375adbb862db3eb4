// After a commit: tells Redis what is applied, so that it can let go of what Postgres now keeps.
import type { Redis } from 'ioredis';
import { luaScript } from '../../src/lib/lua-script.ts';
import { type Entry, NewerEntryError, parseEntry } from '../../src/outbox/entry.ts';
import { parseId } from '../../src/outbox/entry-id.ts';
import { IDLE_SECONDS } from '../../src/reserve/hydrate.ts';
import { type ShardKeys, scriptScope } from '../../src/storage/keys.ts';

export const settleScript = luaScript(import.meta.url, './settle.lua');

/** Applied messages that stay readable in Redis, per chat. */
export const TAIL_KEEP = 256;

/** Every chat that the entries touched, with its highest message among them (0 for none). */
function touchedChats(entries: Entry[]): { token: string; chat: number; highest: number }[] {
  const chats = new Map<string, { token: string; chat: number; highest: number }>();
  for (const entry of entries) {
    if (entry.kind !== 'message' && entry.kind !== 'chat') continue;
    const chat = entry.kind === 'message' ? entry.chat : entry.record.number;
    const highest = entry.kind === 'message' ? entry.record.number : 0;
    const name = `${entry.token} ${chat}`;
    chats.set(name, { token: entry.token, chat, highest: Math.max(highest, chats.get(name)?.highest ?? 0) });
  }
  return [...chats.values()];
}

/** Takes refused messages out of their tails: from now on they are read as what they became. */
export async function forgetRefused(redis: Redis, keys: ShardKeys, refused: Entry[]): Promise<void> {
  for (const entry of refused) {
    if (entry.kind === 'message')
      await redis.hdel(keys.tail(entry.token, entry.chat), String(entry.record.number));
  }
}

/** Which life of which database's shard is settled. */
export interface ShardLife {
  epoch: number;
  home: string;
}

/** @param trimBelow entries below this id may go; null keeps all */
export async function settle(
  redis: Redis,
  keys: ShardKeys,
  { epoch, home }: ShardLife,
  entries: Entry[],
  trimBelow: string | null,
): Promise<void> {
  const last = entries.at(-1);
  if (!last) return;
  const shares = new Map(entries.map(({ token, share }) => [token, share]));
  const chats = touchedChats(entries);
  const names = [
    ...[...shares.keys()].map((token) => keys.app(token)),
    ...chats.flatMap(({ token, chat }) => [
      keys.chat(token, chat),
      keys.tail(token, chat),
      keys.fresh(token),
    ]),
  ];
  await redis.evalsha(
    settleScript(scriptScope(keys, home)).sha,
    3 + names.length,
    keys.epoch,
    keys.gauge,
    keys.outbox,
    ...names,
    epoch,
    parseId(last.id).sequence,
    last.bytes,
    trimBelow ?? '',
    TAIL_KEEP,
    IDLE_SECONDS,
    shares.size,
    ...shares.values(),
    ...chats.flatMap(({ chat, highest }) => [chat, highest]),
  );
}

/**
 * Says again how far the outbox is applied, where the settling of the last batch was lost with its worker: a full
 * outbox refuses whatever would make the next batch, so nobody else would ever say it.
 */
export async function settleOffset(
  redis: Redis,
  keys: ShardKeys,
  { epoch, home, last_id }: ShardLife & { last_id: string },
): Promise<void> {
  const { epoch: lastEpoch, sequence } = parseId(last_id);
  if (lastEpoch !== epoch || Number((await redis.hget(keys.gauge, 'applied')) ?? -1) >= sequence) return;
  const [last] = await redis.xrange(keys.outbox, last_id, last_id);
  const entry = last && parseIfKnown(...last);
  if (entry) await settle(redis, keys, { epoch, home }, [entry], null);
}

/** A newer worker may have applied what this one cannot read; then it is the newer one's to settle. */
function parseIfKnown(id: string, fields: string[]): Entry | null {
  try {
    return parseEntry(id, fields);
  } catch (error) {
    if (error instanceof NewerEntryError) return null;
    throw error;
  }
}
