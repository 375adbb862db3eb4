// What a worker tells Prometheus of itself; what belongs to the whole deployment the API tells.
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface WorkerMetrics {
  registry: Registry;
  persisted: Counter<'kind'>;
  deadLetters: Counter<'kind'>;
  batchEntries: Histogram;
  acceptToPersist: Histogram;
  jobDuration: Histogram<'job' | 'outcome'>;
}

export function createWorkerMetrics(): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    persisted: new Counter({
      name: 'anteroom_rows_persisted_total',
      help: 'Entries that this worker has applied to Postgres.',
      labelNames: ['kind'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'anteroom_dead_letters_total',
      help: 'Entries that Postgres refused to this worker.',
      labelNames: ['kind'],
      registers,
    }),
    batchEntries: new Histogram({
      name: 'anteroom_persist_batch_entries',
      help: 'Entries of one transaction.',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
      registers,
    }),
    acceptToPersist: new Histogram({
      name: 'anteroom_accept_to_persist_seconds',
      help: 'Time from the acceptance of the oldest entry of a batch to its commit.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    jobDuration: new Histogram({
      name: 'anteroom_job_duration_seconds',
      help: 'Time that jobs took in this worker.',
      labelNames: ['job', 'outcome'],
      buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60],
      registers,
    }),
  };
}
