import type { PoolClient } from 'pg';
import type { ApplicationEntry, DeletionEntry } from '../../src/outbox/entry.ts';

/** Inserts the applications, each with its first key. */
export async function applyApplications(client: PoolClient, entries: ApplicationEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await client.query({
    name: 'apply-applications',
    text: `INSERT INTO applications (token, name, created_at, updated_at)
           SELECT token, name, to_timestamp(at / 1000), to_timestamp(at / 1000)
           FROM unnest($1::text[], $2::text[], $3::float8[]) AS new(token, name, at)`,
    values: [
      entries.map(({ token }) => token),
      entries.map(({ record }) => record.name),
      entries.map(({ record }) => record.at),
    ],
  });
  await insertFirstKeys(client, entries);
}

async function insertFirstKeys(client: PoolClient, entries: ApplicationEntry[]): Promise<void> {
  await client.query({
    name: 'apply-first-keys',
    text: `INSERT INTO api_keys (id, app_token, created_at)
           SELECT id, token, to_timestamp(at / 1000)
           FROM unnest($1::uuid[], $2::text[], $3::float8[]) AS new(id, token, at)
           ON CONFLICT DO NOTHING`,
    values: [
      entries.map(({ record }) => record.key_id),
      entries.map(({ token }) => token),
      entries.map(({ record }) => record.at),
    ],
  });
}

/** The refused application still exists, with its key, without its content; one that stands already is left alone. */
export async function voidApplication(client: PoolClient, entry: ApplicationEntry): Promise<void> {
  const { token, record } = entry;
  await client.query(
    `INSERT INTO applications (token, name, void, created_at, updated_at)
     VALUES ($1, '', true, to_timestamp($2 / 1000.0), to_timestamp($2 / 1000.0)) ON CONFLICT DO NOTHING`,
    [token, record.at],
  );
  await insertFirstKeys(client, [entry]);
}

/** Marks the applications deleted; a task removes what belongs to them. */
export async function applyDeletions(client: PoolClient, entries: DeletionEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await client.query(
    `UPDATE applications SET deleted_at = to_timestamp(gone.at / 1000), updated_at = to_timestamp(gone.at / 1000)
     FROM unnest($1::text[], $2::float8[]) AS gone(token, at)
     WHERE applications.token = gone.token AND deleted_at IS NULL`,
    [entries.map(({ token }) => token), entries.map(({ record }) => record.at)],
  );
}
