// Ends a worker that BullMQ has silently stopped: jobs wait, nothing is in hand, nothing comes to an end.
import type { Queue } from 'bullmq';
import type { Logger } from '../src/lib/logger.ts';

const LOOK_MS = 5000;
/** A job is normally taken within milliseconds; other workers being busy cannot explain this. */
const SILENT_MS = 30_000;

export interface WatchdogDeps {
  queue: Pick<Queue, 'getJobCounts' | 'isPaused'>;
  /** Ends the process, so that whoever watches it starts another. */
  giveUp: () => void;
  now?: () => number;
  log: Logger;
}

export class Watchdog {
  readonly #deps: WatchdogDeps;
  readonly #now: () => number;
  #lastSign: number;
  #active = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: WatchdogDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    this.#lastSign = this.#now();
  }

  start(): void {
    this.#timer = setInterval(() => {
      // No answer from Redis says nothing about the worker.
      this.look().catch(() => this.#sign());
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  jobStarted(): void {
    this.#active++;
    this.#sign();
  }

  jobEnded(): void {
    this.#active--;
    this.#sign();
  }

  #sign(): void {
    this.#lastSign = this.#now();
  }

  async look(): Promise<void> {
    const { waiting = 0 } = await this.#deps.queue.getJobCounts('waiting');
    if (waiting === 0 || this.#active > 0 || (await this.#deps.queue.isPaused())) return this.#sign();
    const silent = this.#now() - this.#lastSign;
    if (silent < SILENT_MS) return;
    this.#deps.log.fatal({ waiting, silent_ms: silent }, 'jobs wait and none is taken; giving up');
    this.#deps.giveUp();
  }
}
