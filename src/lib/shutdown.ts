// Orderly ends: what was started last is stopped first, within the grace period.
import type { Logger } from './logger.ts';

type Stop = () => Promise<void> | void;

export class Shutdown {
  readonly #stops: { name: string; stop: Stop }[] = [];
  readonly #log: Logger;
  readonly #graceSeconds: number;
  #running: Promise<void> | undefined;

  constructor(log: Logger, graceSeconds: number) {
    this.#log = log;
    this.#graceSeconds = graceSeconds;
  }

  get isStopping(): boolean {
    return this.#running !== undefined;
  }

  /** Registers what undoes a start; called in reverse order. */
  add(name: string, stop: Stop): void {
    this.#stops.unshift({ name, stop });
  }

  /** Stops everything once, however often it is called. What does not stop within the grace period ends the process. */
  run(): Promise<void> {
    if (!this.#running) {
      const limit = setTimeout(() => {
        this.#log.error({ seconds: this.#graceSeconds }, 'grace period over');
        process.exit(1);
      }, this.#graceSeconds * 1000);
      this.#running = this.#stopAll().finally(() => clearTimeout(limit));
    }
    return this.#running;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#stops) {
      try {
        await stop();
      } catch (error) {
        this.#log.warn({ part: name, reason: (error as Error).message }, 'did not stop cleanly');
      }
    }
  }

  /** On SIGTERM or SIGINT: stops everything and exits 0, or 1 when the grace period is over. */
  onSignals(): void {
    const end = (signal: string) => {
      this.#log.info({ signal }, 'stopping');
      void this.run().then(() => process.exit(0));
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
  }
}
