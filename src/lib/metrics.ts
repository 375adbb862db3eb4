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
    jobCount: new Gauge({
      name: 'bullmq_job_count',
      help: 'Jobs of a queue by state.',
      labelNames: ['queue', 'state'],
      registers,
    }),
  };
}
