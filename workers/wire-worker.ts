// Builds a worker: what applies the outboxes to Postgres, keeps the shards open and runs scheduled tasks.
import { type Job, Worker } from 'bullmq';
import { type QueueName, queuePrefix } from '../src/jobs/define-job.ts';
import type { Entry } from '../src/lib/run-entry.ts';
import { createWorkerMetrics, type WorkerMetrics } from '../src/lib/worker-metrics.ts';
import { forWorkers } from '../src/storage/postgres.ts';
import { forOneLife, forOutbox, forWorker, whenReady } from '../src/storage/redis.ts';
import { handleAudit } from './handlers/audit.ts';
import { handleCleanExpired } from './handlers/clean-expired.ts';
import { handlePersist } from './handlers/persist.ts';
import { handlePurgeDeleted } from './handlers/purge-deleted.ts';
import { handleReconcileCounts } from './handlers/reconcile-counts.ts';
import type { Handlers } from './handlers/registry.ts';
import { Persister, type PersisterDeps } from './persist/persister.ts';
import { TrimLag } from './persist/trim-lag.ts';
import { ShardWatch } from './recovery/shard-watch.ts';
import { createRunJob } from './run-job.ts';
import { Watchdog } from './watchdog.ts';
import { register, serveHealth, wireCommon } from './wire-common.ts';

/** A killed worker's jobs are taken over after these; a batch takes well under a second. */
const LOCK_MS = 5000;
const STALLED_MS = 2500;

/** Scheduled tasks that one worker runs at the same time. */
const TASKS = 2;

interface Started {
  queue: QueueName;
  concurrency: number;
  run: ReturnType<typeof createRunJob>;
  watchdog: Watchdog | null;
  metrics: WorkerMetrics;
}

function startWorker(entry: Entry, { queue, concurrency, run, watchdog, metrics }: Started) {
  const { config, log, shutdown } = entry;
  const connection = forWorker(config.REDIS_URL, log);
  shutdown.add(`worker connection ${queue}`, () => connection.disconnect());
  const worker = new Worker(queue, run, {
    connection,
    prefix: queuePrefix(config.REDIS_PREFIX),
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_MS,
    // Running a job again is always safe here, so a crash never uses up its tries.
    maxStalledCount: 1_000_000,
  });
  const ended = (job: Job | undefined, outcome: string) => {
    watchdog?.jobEnded();
    const { processedOn = 0, finishedOn = Date.now() } = job ?? {};
    metrics.jobDuration.observe({ job: job?.name ?? queue, outcome }, (finishedOn - processedOn) / 1000);
  };
  worker.on('active', () => watchdog?.jobStarted());
  worker.on('completed', (job) => ended(job, 'done'));
  worker.on('failed', (job) => ended(job, 'failed'));
  worker.on('error', (error) => log.debug({ queue, reason: error.message }, 'worker error'));
  worker.on('stalled', (id) => log.warn({ queue, job_id: id }, 'job of a lost worker taken over'));
  shutdown.add(`worker ${queue}`, () => worker.close());
}

/** What a batch says about itself once it stands in Postgres. */
const measure =
  (metrics: WorkerMetrics): NonNullable<PersisterDeps['onApplied']> =>
  (entries, refused) => {
    for (const { kind } of entries) metrics.persisted.inc({ kind });
    for (const { entry } of refused) metrics.deadLetters.inc({ kind: entry.kind });
    metrics.batchEntries.observe(entries.length);
    metrics.acceptToPersist.observe(Math.max(0, Date.now() - (entries[0]?.record.at ?? 0)) / 1000);
  };

/** Starts a worker on its stores; `entry.shutdown` stops it, batches in hand first. */
export async function wireWorker(entry: Entry): Promise<void> {
  const { config, log, shutdown } = entry;
  const metrics = createWorkerMetrics();
  const { keysOf, redis, knex, offsets, persistQueue, doorbell, sweeper } = await wireCommon(entry);
  await register(entry, knex, 'worker');
  const isStopping = () => shutdown.isStopping;
  // Each shard in hand, each task with its lock, and the shard watch need a connection at the same time.
  const poolSize = Math.max(config.DATABASE_POOL, config.WORKER_CONCURRENCY + 2 * TASKS + 2);
  const pool = forWorkers(config.DATABASE_URL, poolSize, (error) =>
    log.warn({ reason: error.message }, 'postgres connection lost'),
  );
  shutdown.add('postgres pool', () => pool.end());
  const outbox = await whenReady(forOutbox(config.REDIS_URL, log));
  shutdown.add('outbox connection', () => outbox.disconnect());

  const persister = new Persister({
    pool,
    redis: outbox,
    keysOf,
    trimLag: new TrimLag(),
    onApplied: measure(metrics),
    log,
  });
  const connect = () => forOneLife(config.REDIS_URL);
  const watch = new ShardWatch({ pool, persister, connect, keysOf, offsets, isStopping, log });
  await watch.look();
  watch.start();
  shutdown.add('shard watch', () => watch.stop());

  const handlers = {
    persist: handlePersist(persister, doorbell, isStopping),
    'reconcile-counts': handleReconcileCounts(pool),
    'clean-expired': handleCleanExpired(pool, config.IDEMPOTENCY_WINDOW),
    audit: handleAudit(pool),
    'purge-deleted': handlePurgeDeleted({ pool, redis, keysOf, isStopping }),
  } satisfies Handlers;
  const run = createRunJob(handlers, log);
  const watchdog = new Watchdog({ queue: persistQueue, giveUp: () => process.exit(1), log });
  const concurrency = config.WORKER_CONCURRENCY;
  startWorker(entry, { queue: 'persist', concurrency, run, watchdog, metrics });
  startWorker(entry, { queue: 'tasks', concurrency: TASKS, run, watchdog: null, metrics });
  watchdog.start();
  shutdown.add('watchdog', () => watchdog.stop());
  sweeper.start();
  await serveHealth(entry, metrics.registry);
  log.info({ shards: offsets.all().length }, 'worker started');
}
