import type { PoolClient } from 'pg';
import type { MessageEntry } from '../../src/outbox/entry.ts';
import { RefusedEntryError } from './refused.ts';

interface ChatRow {
  id: number;
  app_id: number;
}

const nameOf = (token: string, chat: number) => `${token} ${chat}`;

/** Moves each chat's last number and activity on; returns the chats by token and number. */
export async function raiseChats(client: PoolClient, entries: MessageEntry[]): Promise<Map<string, ChatRow>> {
  const chats = new Map<string, { token: string; chat: number; number: number; at: number }>();
  for (const { token, chat, record } of entries) {
    const name = nameOf(token, chat);
    const known = chats.get(name) ?? { token, chat, number: 0, at: 0 };
    known.number = Math.max(known.number, record.number);
    known.at = Math.max(known.at, record.at);
    chats.set(name, known);
  }
  const all = [...chats.values()];
  const { rows } = await client.query({
    name: 'raise-chats',
    text: `UPDATE chats SET last_message_number = greatest(last_message_number, new.number),
                            last_activity_at = greatest(last_activity_at, to_timestamp(new.at / 1000))
           FROM unnest($1::text[], $2::int[], $3::int[], $4::float8[]) AS new(token, chat, number, at)
           JOIN applications ON applications.token = new.token
           WHERE chats.app_token = new.token AND chats.number = new.chat
           RETURNING chats.id, applications.id AS app_id, chats.app_token, chats.number`,
    values: [
      all.map(({ token }) => token),
      all.map(({ chat }) => chat),
      all.map(({ number }) => number),
      all.map(({ at }) => at),
    ],
  });
  return new Map(rows.map((row) => [nameOf(row.app_token, row.number), { id: row.id, app_id: row.app_id }]));
}

function chatOf(chats: Map<string, ChatRow>, { token, chat }: MessageEntry): ChatRow {
  const row = chats.get(nameOf(token, chat));
  if (!row) throw new RefusedEntryError('23503', `chat ${chat} of the application has no row`);
  return row;
}

/** Inserts the messages and raises their chats' last message number. */
export async function applyMessages(client: PoolClient, entries: MessageEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const chats = await raiseChats(client, entries);
  const parents = entries.map((entry) => chatOf(chats, entry));
  await client.query({
    name: 'apply-messages',
    text: `INSERT INTO messages (chat_id, app_id, number, body, author_type, author_id, author_name,
                                 created_at, updated_at)
           SELECT chat_id, app_id, number, body, author_type, author_id, author_name,
                  to_timestamp(at / 1000), to_timestamp(at / 1000)
           FROM unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[])
             AS new(chat_id, app_id, number, body, author_type, author_id, author_name, at)`,
    values: [
      parents.map(({ id }) => id),
      parents.map(({ app_id }) => app_id),
      entries.map(({ record }) => record.number),
      entries.map(({ record }) => record.body),
      entries.map(({ record }) => record.author_type),
      entries.map(({ record }) => record.author?.id ?? null),
      entries.map(({ record }) => record.author?.name ?? null),
      entries.map(({ record }) => record.at),
    ],
  });
}

/**
 * The refused message keeps its number, without its content. A row that stands already is left alone, and a missing
 * chat leaves nothing to hang it on.
 */
export async function voidMessage(client: PoolClient, entry: MessageEntry): Promise<void> {
  const chat = (await raiseChats(client, [entry])).get(nameOf(entry.token, entry.chat));
  if (!chat) return;
  await client.query(
    `INSERT INTO messages (chat_id, app_id, number, body, author_type, void, created_at, updated_at)
     SELECT $1, $2, $3, NULL, 'system', true, at, at FROM to_timestamp($4 / 1000.0) AS at
     ON CONFLICT DO NOTHING`,
    [chat.id, chat.app_id, entry.record.number, entry.record.at],
  );
}
