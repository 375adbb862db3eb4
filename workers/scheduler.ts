// The scheduler process.
import { runEntry } from '../src/lib/run-entry.ts';
import { wireScheduler } from './wire-scheduler.ts';

await runEntry('scheduler', wireScheduler);
