// Redis' time as seen from here, so that a call can carry a deadline in it.

/** After so long an old sample no longer counts: clocks are stepped. */
const KEEP_MS = 10_000;

/**
 * Estimates Redis' clock from its replies. The estimate never runs ahead of it by more than one step of its clock:
 * a reply's time is always a little old when it is read, so deadlines come out early rather than late.
 */
export class RedisClock {
  readonly #monotonic: () => number;
  #samples: { offset: number; at: number }[] = [];

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  get known(): boolean {
    return this.#samples.length > 0;
  }

  /** Takes the time that stood in a reply just read (ms). */
  learn(redisNow: number): void {
    const at = this.#monotonic();
    const offset = redisNow - at;
    // Only the greatest offset matters, and whichever may become it later.
    this.#samples = this.#samples.filter((sample) => sample.offset > offset && at - sample.at < KEEP_MS);
    this.#samples.push({ offset, at });
  }

  /** Forgets everything, as after a reply which shows that the estimate was wrong. */
  reset(): void {
    this.#samples = [];
  }

  /** Redis' time at a monotonic moment, in whole ms. */
  at(moment: number): number {
    return Math.floor(moment + (this.#samples[0]?.offset ?? 0));
  }
}
