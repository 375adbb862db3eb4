// Numbers that are known to be lost: given out, as later ones show, but nobody has their entry any more.
import type { PoolClient } from 'pg';
import type { Entry } from '../../src/outbox/entry.ts';

interface Reach {
  token: string;
  chat: number;
  /** Numbers that have their entry. */
  present: Set<number>;
  highest: number;
  at: number;
}

const reach = (
  all: Map<string, Reach>,
  token: string,
  chat: number,
  number: number,
  at: number,
  here: boolean,
) => {
  const name = `${token} ${chat}`;
  const known = all.get(name) ?? { token, chat, present: new Set<number>(), highest: 0, at };
  if (here) known.present.add(number);
  known.highest = Math.max(known.highest, number);
  all.set(name, known);
};

const missing = ({ present, highest }: Reach, last: number): number[] =>
  Array.from({ length: Math.max(0, highest - last) }, (_, i) => last + 1 + i).filter(
    (number) => !present.has(number),
  );

/** Chats that were created or written to, by application; a message shows that its chat was created. */
async function voidChats(client: PoolClient, entries: Entry[]): Promise<number> {
  const applications = new Map<string, Reach>();
  for (const entry of entries) {
    const { token, record } = entry;
    if (entry.kind === 'chat') reach(applications, token, 0, record.number, record.at, true);
    if (entry.kind === 'message') reach(applications, token, 0, entry.chat, record.at, false);
  }
  let voids = 0;
  for (const one of applications.values()) {
    const { rows } = await client.query('SELECT last_chat_number FROM applications WHERE token = $1', [
      one.token,
    ]);
    if (!rows[0]) continue;
    const numbers = missing(one, rows[0].last_chat_number);
    await client.query(
      `INSERT INTO chats (app_token, number, void, created_at, updated_at, last_activity_at)
       SELECT $1, number, true, at, at, at FROM unnest($2::int[]) AS number, to_timestamp($3 / 1000.0) AS at
       ON CONFLICT DO NOTHING`,
      [one.token, numbers, one.at],
    );
    await client.query(
      'UPDATE applications SET last_chat_number = greatest(last_chat_number, $2) WHERE token = $1',
      [one.token, Math.max(0, ...numbers)],
    );
    voids += numbers.length;
  }
  return voids;
}

async function voidMessages(client: PoolClient, entries: Entry[]): Promise<number> {
  const chats = new Map<string, Reach>();
  for (const entry of entries) {
    if (entry.kind === 'message')
      reach(chats, entry.token, entry.chat, entry.record.number, entry.record.at, true);
  }
  let voids = 0;
  for (const one of chats.values()) {
    const { rows } = await client.query(
      `SELECT c.id, c.last_message_number, a.id AS app_id FROM chats c JOIN applications a ON a.token = c.app_token
       WHERE c.app_token = $1 AND c.number = $2`,
      [one.token, one.chat],
    );
    if (!rows[0]) continue;
    const numbers = missing(one, rows[0].last_message_number);
    await client.query(
      `INSERT INTO messages (chat_id, app_id, number, body, author_type, void, created_at, updated_at)
       SELECT $1, $2, number, NULL, 'system', true, at, at FROM unnest($3::int[]) AS number, to_timestamp($4 / 1000.0) AS at
       ON CONFLICT DO NOTHING`,
      [rows[0].id, rows[0].app_id, numbers, one.at],
    );
    voids += numbers.length;
  }
  return voids;
}

/**
 * Gives every number below the ones in `entries` a void row where it has none, so that no hole is unexplained.
 * To be called in the transaction that applies the entries, before they are applied.
 * @returns how many rows
 */
export async function fillVoids(client: PoolClient, entries: Entry[]): Promise<number> {
  return (await voidChats(client, entries)) + (await voidMessages(client, entries));
}
