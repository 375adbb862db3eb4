// What has to be undone when a start ends, in the reverse of the order in which it was done.

/** How to end one thing: `stop` in good order, `kill` at once. */
export type Undo = { stop(): Promise<void> | void; kill?(): void };

/**
 * Collects what was started and ends it in reverse order; a step that fails does not keep the others from
 * running.
 */
export class Cleanup {
  readonly #steps: Undo[] = [];
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(step: Undo): void {
    this.#steps.push(step);
  }

  async stop(): Promise<void> {
    // A step stays in the list until it is through, so that an impatient `kill` still finds it.
    for (let step = this.#steps.at(-1); step; step = this.#steps.at(-1)) {
      try {
        await step.stop();
      } catch (error) {
        this.#report(error);
      }
      this.#steps.pop();
    }
  }

  kill(): void {
    for (const step of this.#steps.toReversed()) step.kill?.();
  }
}
