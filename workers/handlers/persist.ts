import type { Doorbell } from '../../src/jobs/doorbell.ts';
import type { Persister } from '../persist/persister.ts';
import type { Handlers } from './registry.ts';

/** A job ends after so long even with a backlog left; the shard is rung again, so that no job outlives its time. */
const RUN_MS = 20_000;

/** Applies the shard's outbox. A ring waits for the shard; a sweep leaves it to whoever has it. */
export const handlePersist =
  (persister: Persister, doorbell: Doorbell, isStopping: () => boolean): Handlers['persist'] =>
  async ({ shard, sweep, request_id = '' }) => {
    const until = Date.now() + RUN_MS;
    const isOver = () => Date.now() > until;
    await persister.drain(shard, sweep ? 'skip' : 'wait', () => isStopping() || isOver());
    if (isOver()) doorbell.ring(shard, request_id);
  };
