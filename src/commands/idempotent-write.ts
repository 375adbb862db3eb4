// Idempotency for what is written straight to Postgres: the key is kept in the write's own transaction.
import type { Knex } from 'knex';
import { ProblemError } from '../lib/errors.ts';
import type { CommandContext } from './command.ts';

export interface IdempotentWrite {
  answer: string;
  replayed: boolean;
}

/**
 * Runs `write` once per key. Its answer (a short text, no secret) is kept; the same request again gets it back.
 * A second one at the same time waits for the first.
 * @throws ProblemError `idempotency_mismatch` when the key stands for another request
 */
export async function idempotentWrite(
  knex: Knex,
  { idempotency }: CommandContext,
  windowSeconds: number,
  write: (trx: Knex.Transaction) => Promise<string>,
): Promise<IdempotentWrite> {
  return knex.transaction(async (trx) => {
    if (!idempotency) return { answer: await write(trx), replayed: false };
    const { keyHash, fingerprint } = idempotency;
    await trx('idempotency_keys')
      .where({ key_hash: keyHash })
      .whereRaw('created_at < now() - ?::interval', [`${windowSeconds} seconds`])
      .delete();
    const taken = await trx('idempotency_keys')
      .insert({ key_hash: keyHash, fingerprint, answer: '' })
      .onConflict('key_hash')
      .ignore()
      .returning('key_hash');
    if (taken.length === 0) return replay(trx, keyHash, fingerprint);
    const answer = await write(trx);
    await trx('idempotency_keys').where({ key_hash: keyHash }).update({ answer });
    return { answer, replayed: false };
  });
}

async function replay(trx: Knex.Transaction, keyHash: Buffer, fingerprint: Buffer): Promise<IdempotentWrite> {
  const kept = await trx('idempotency_keys').where({ key_hash: keyHash }).first();
  if (!kept?.fingerprint.equals(fingerprint))
    throw new ProblemError('idempotency_mismatch', 'This Idempotency-Key was used for another request.');
  return { answer: kept.answer, replayed: true };
}
