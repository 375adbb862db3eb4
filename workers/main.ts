// The worker process.
import { runEntry } from '../src/lib/run-entry.ts';
import { wireWorker } from './wire-worker.ts';

await runEntry('worker', wireWorker);
