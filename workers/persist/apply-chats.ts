import type { PoolClient } from 'pg';
import type { ChatEntry } from '../../src/outbox/entry.ts';

/** Moves each application's last chat number on. */
export async function raiseLastNumbers(client: PoolClient, entries: ChatEntry[]): Promise<void> {
  const highest = new Map<string, number>();
  for (const { token, record } of entries)
    highest.set(token, Math.max(highest.get(token) ?? 0, record.number));
  await client.query({
    name: 'raise-last-chat-numbers',
    text: `UPDATE applications SET last_chat_number = greatest(last_chat_number, new.number)
           FROM unnest($1::text[], $2::int[]) AS new(token, number) WHERE applications.token = new.token`,
    values: [[...highest.keys()], [...highest.values()]],
  });
}

/** Inserts the chats and raises their applications' last chat number. */
export async function applyChats(client: PoolClient, entries: ChatEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await client.query({
    name: 'apply-chats',
    text: `INSERT INTO chats (app_token, number, subject, metadata, open, customer_id,
                              created_at, updated_at, last_activity_at)
           SELECT token, number, subject, metadata, open, customer,
                  to_timestamp(at / 1000), to_timestamp(at / 1000), to_timestamp(at / 1000)
           FROM unnest($1::text[], $2::int[], $3::text[], $4::jsonb[], $5::boolean[], $6::text[], $7::float8[])
             AS new(token, number, subject, metadata, open, customer, at)`,
    values: [
      entries.map(({ token }) => token),
      entries.map(({ record }) => record.number),
      entries.map(({ record }) => record.subject),
      entries.map(({ record }) => JSON.stringify(record.metadata)),
      entries.map(({ record }) => record.open),
      entries.map(({ record }) => record.customer_id),
      entries.map(({ record }) => record.at),
    ],
  });
  await raiseLastNumbers(client, entries);
}

/**
 * The refused chat keeps its number, without its content; its messages have a place to go. A row that stands already
 * is left alone, and a missing application leaves nothing to hang it on.
 */
export async function voidChat(client: PoolClient, { token, record }: ChatEntry): Promise<void> {
  await client.query(
    `INSERT INTO chats (app_token, number, void, open, customer_id, created_at, updated_at, last_activity_at)
     SELECT token, $2, true, $3, $4, at, at, at FROM applications, to_timestamp($5 / 1000.0) AS at
     WHERE token = $1
     ON CONFLICT DO NOTHING`,
    [token, record.number, record.open === true, record.customer_id?.replaceAll('\0', '') ?? null, record.at],
  );
}
