import type { PoolClient } from 'pg';
import type { Entry } from '../../src/outbox/entry.ts';

/** Keeps what keyed requests were answered, so that Redis may forget it. */
export async function applyIdempotency(client: PoolClient, entries: Entry[]): Promise<void> {
  const answers = new Map<string, { hash: string; fingerprint: string; answer: string }>();
  for (const { idempotency, record } of entries) {
    if (idempotency)
      answers.set(idempotency.hash, {
        ...idempotency,
        answer: `${record.number} ${record.at} ${idempotency.kept}`,
      });
  }
  if (answers.size === 0) return;
  const all = [...answers.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
  await client.query({
    name: 'apply-idempotency',
    // A key may come again after its window; the later request is the one to remember.
    text: `INSERT INTO idempotency_keys (key_hash, fingerprint, answer)
           SELECT decode(hash, 'hex'), decode(fingerprint, 'hex'), answer
           FROM unnest($1::text[], $2::text[], $3::text[]) AS new(hash, fingerprint, answer)
           ON CONFLICT (key_hash) DO UPDATE
           SET fingerprint = excluded.fingerprint, answer = excluded.answer, created_at = now()`,
    values: [
      all.map(({ hash }) => hash),
      all.map(({ fingerprint }) => fingerprint),
      all.map(({ answer }) => answer),
    ],
  });
}
