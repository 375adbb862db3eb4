// What a process tells Prometheus. Names begin with anteroom_; base units; no label that grows with use.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** By route template, never by path. */
  observe(method: string, route: string, status: number, seconds: number): void;
  accepted: Counter;
  outboxEntries: Gauge<'shard'>;
  persisted: Gauge<'shard'>;
  epoch: Gauge<'shard'>;
  jobCount: Gauge<'queue' | 'state'>;
  outboxOldest: Gauge<'shard'>;
  recoveries: Gauge<'shard'>;
  entriesLost: Gauge<'shard'>;
  entriesHandedIn: Gauge<'shard'>;
  deadLettersWaiting: Gauge;
  drift: Gauge<'kind'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const http = new Histogram({
    name: 'anteroom_http_request_duration_seconds',
    help: 'Time from a request to its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  return {
    registry,
    observe: (method, route, status, seconds) => http.observe({ method, route, status }, seconds),
    accepted: new Counter({
      name: 'anteroom_entries_accepted_total',
      help: 'Outbox entries that this process has appended.',
      registers,
    }),
    outboxEntries: new Gauge({
      name: 'anteroom_outbox_entries',
      help: 'Entries of a shard that wait for Postgres.',
      labelNames: ['shard'],
      registers,
    }),
    persisted: new Gauge({
      name: 'anteroom_entries_persisted_total',
      help: 'Entries of a shard that Postgres has applied, by all workers since the shard exists.',
      labelNames: ['shard'],
      registers,
    }),
    epoch: new Gauge({
      name: 'anteroom_shard_epoch',
      help: 'Which life of Redis a shard is in.',
      labelNames: ['shard'],
      registers,
    }),
    outboxOldest: new Gauge({
      name: 'anteroom_outbox_oldest_seconds',
      help: 'Age of the oldest entry of a shard that waits for Postgres.',
      labelNames: ['shard'],
      registers,
    }),
    recoveries: new Gauge({
      name: 'anteroom_recoveries_total',
      help: 'Times that a shard was opened under a new epoch.',
      labelNames: ['shard'],
      registers,
    }),
    entriesLost: new Gauge({
      name: 'anteroom_entries_lost_total',
      help: 'Entries that were known to be lost when a shard was opened again.',
      labelNames: ['shard'],
      registers,
    }),
    entriesHandedIn: new Gauge({
      name: 'anteroom_entries_handed_in_total',
      help: 'Entries that Redis had lost and API processes handed in.',
      labelNames: ['shard'],
      registers,
    }),
    deadLettersWaiting: new Gauge({
      name: 'anteroom_dead_letters',
      help: 'Entries that Postgres refused and nobody has replayed.',
      registers,
    }),
    drift: new Gauge({
      name: 'anteroom_count_drift',
      help: 'Parents whose numbers or counts the last audit found wrong; must be 0.',
      labelNames: ['kind'],
      registers,
    }),
    jobCount: new Gauge({
      name: 'bullmq_job_count',
      help: 'Jobs of a queue by state.',
      labelNames: ['queue', 'state'],
      registers,
    }),
  };
}
