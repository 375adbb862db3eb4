import type { PoolClient } from 'pg';
import type { Entry } from '../../src/outbox/entry.ts';
import { voidApplication } from './apply-applications.ts';
import { raiseLastNumbers, voidChat } from './apply-chats.ts';
import { raiseChats, voidMessage } from './apply-messages.ts';

/** Gives a refused entry its void row. */
export async function applyVoid(client: PoolClient, entry: Entry): Promise<void> {
  switch (entry.kind) {
    case 'application':
      return voidApplication(client, entry);
    case 'chat':
      return voidChat(client, entry);
    case 'message':
      return voidMessage(client, entry);
    case 'deletion':
      return;
  }
}

/** The number of a refused entry is never given out again, whatever became of its row. */
export async function keepNumber(client: PoolClient, entry: Entry): Promise<void> {
  if (entry.kind === 'chat') await raiseLastNumbers(client, [entry]);
  if (entry.kind === 'message') await raiseChats(client, [entry]);
}

/** Keeps the content of a refused entry with the reason, in the caller's transaction. */
export async function bury(
  client: PoolClient,
  shard: number,
  entry: Entry,
  refusal: { sqlstate: string; reason: string },
): Promise<void> {
  await client.query(
    `INSERT INTO dead_letters (shard, entry_id, kind, app_token, chat_number, number, record, sqlstate, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      shard,
      entry.id,
      entry.kind,
      entry.token,
      entry.kind === 'message' ? entry.chat : null,
      entry.record.number,
      Buffer.from(entry.raw),
      refusal.sqlstate,
      refusal.reason,
    ],
  );
}
