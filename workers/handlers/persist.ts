import type { Persister } from '../persist/persister.ts';
import type { Handlers } from './registry.ts';

/** Applies the shard's outbox. A ring waits for the shard; a sweep leaves it to whoever has it. */
export const handlePersist =
  (persister: Persister, isStopping: () => boolean): Handlers['persist'] =>
  async ({ shard, sweep }) => {
    await persister.drain(shard, sweep ? 'skip' : 'wait', isStopping);
  };
