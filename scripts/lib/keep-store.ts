// Keeps an embedded store running: one that ends unexpectedly is started again in the same place.
import type { Store } from '../embedded/store-process.ts';
import type { Undo } from './cleanup.ts';
import { signal } from './processes.ts';
import type { Found } from './start-stores.ts';
import { UserError } from './user-error.ts';

export type KeepStoreOptions = {
  name: string;
  /** Where the store says why it ended. */
  log: string;
  /** The signal that ends it at once. */
  killBy: NodeJS.Signals;
  find: () => Promise<Found>;
  say: (line: string) => void;
  /** Called when it cannot be kept: it moved, or ends again and again. */
  giveUp: (error: Error) => void;
};

/** A store that ends more often than this in a minute will not get better by being started again. */
const MAX_RESTARTS = 5;
const MINUTE_MS = 60_000;

/** Starts the store; `undo` is null for one that is not ours. */
export async function keepStore(options: KeepStoreOptions): Promise<{ url: string; undo: Undo | null }> {
  const { name, log, killBy, find, say, giveUp } = options;
  const { url, store } = await find();
  if (!store) return { url, undo: null };
  let current = store;
  let isEnding = false;
  let restarts: number[] = [];

  const startAgain = async (): Promise<void> => {
    restarts = [...restarts.filter((at) => Date.now() - at < MINUTE_MS), Date.now()];
    if (restarts.length > MAX_RESTARTS) throw new UserError(`${name} ends again and again; ${log} says why.`);
    say(`${name} ended unexpectedly (see ${log}); starting it again.`);
    const found = await find();
    if (!found.store || found.url !== url) throw new UserError(`${name} could not come back to its port.`);
    current = found.store;
    if (isEnding) await current.stop();
    else watch(current);
  };
  const watch = (life: Store): void => {
    void life.exited.then(() => (isEnding ? undefined : startAgain())).catch(giveUp);
  };
  watch(store);

  const stop = () => {
    isEnding = true;
    return current.stop();
  };
  const kill = () => {
    isEnding = true;
    signal(current.pid, killBy);
  };
  return { url, undo: { stop, kill } };
}
