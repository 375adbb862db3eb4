import type { Knex } from 'knex';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

/** What the audit has found, what recoveries have lost, and what waits to be replayed. */
export const consistency = (deps: { knex: Knex }) => async () => {
  const { knex } = deps;
  const [audits, recoveries, shards, letters] = await Promise.all([
    knex('audits').orderBy('kind'),
    knex('recoveries').orderBy('id', 'desc').limit(50),
    knex('outbox_offsets').orderBy('shard').select('shard', 'epoch', 'last_id', 'applied_count'),
    knex('dead_letters').whereNull('replayed_at').count<{ count: string }[]>('* as count'),
  ]);
  return {
    audits: audits.map(({ kind, audited, drift, last_round_drift, round_ended_at }) => ({
      kind,
      audited,
      drift,
      last_round_drift,
      round_ended_at: iso(round_ended_at),
    })),
    recoveries: recoveries.map(({ created_at, ...rest }) => ({ ...rest, created_at: iso(created_at) })),
    shards,
    dead_letters: Number(letters[0]?.count ?? 0),
  };
};
