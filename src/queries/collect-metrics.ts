// Metrics that belong to the whole deployment: read from the stores when somebody asks for them.
import type { Metrics } from '../lib/metrics.ts';
import { consistency } from './consistency.ts';
import { type OverviewDeps, oldestAge } from './operations-overview.ts';
import { outboxBacklog } from './outbox-backlog.ts';

/** Makes what brings those gauges up to date. */
export function createCollector(deps: OverviewDeps, metrics: Metrics): () => Promise<void> {
  const { redis, keysOf, queues, knex } = deps;
  const backlog = outboxBacklog(deps);
  const consistent = consistency(deps);

  async function collectShards(): Promise<void> {
    for (const shard of await backlog()) {
      const label = { shard: shard.shard };
      metrics.outboxEntries.set(label, shard.waiting);
      metrics.persisted.set(label, shard.persisted);
      metrics.epoch.set(label, shard.epoch);
      metrics.outboxOldest.set(label, await oldestAge(redis, keysOf(shard.shard), shard));
    }
  }

  async function collectQueues(): Promise<void> {
    for (const queue of queues) {
      for (const [state, count] of Object.entries(await queue.getJobCounts()))
        metrics.jobCount.set({ queue: queue.name, state }, count);
    }
  }

  async function collectConsistency(): Promise<void> {
    const { audits, dead_letters } = await consistent();
    metrics.deadLettersWaiting.set(dead_letters);
    for (const { kind, drift, last_round_drift } of audits)
      metrics.drift.set({ kind }, Math.max(drift, last_round_drift));
    const sums = await knex('recoveries')
      .select('shard')
      .count('* as recoveries')
      .sum({ lost: 'lost', handed_in: 'handed_in' })
      .groupBy('shard');
    for (const { shard, recoveries, lost, handed_in } of sums) {
      metrics.recoveries.set({ shard }, Number(recoveries));
      metrics.entriesLost.set({ shard }, Number(lost));
      metrics.entriesHandedIn.set({ shard }, Number(handed_in));
    }
  }

  return async () => {
    await Promise.all([collectShards(), collectQueues(), collectConsistency()]);
  };
}
