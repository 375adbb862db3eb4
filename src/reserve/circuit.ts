// Keeps calls away from a Redis that does not answer, until a PING does.

const PROBE_MS = 100;

export class Circuit {
  readonly #ping: () => Promise<unknown>;
  readonly #onChange: (open: boolean) => void;
  #open = false;
  #stopped = false;

  constructor(ping: () => Promise<unknown>, onChange: (open: boolean) => void = () => {}) {
    this.#ping = ping;
    this.#onChange = onChange;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    if (this.#open || this.#stopped) return;
    this.#open = true;
    this.#onChange(true);
    void this.#probe();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #probe(): Promise<void> {
    while (!this.#stopped) {
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
      try {
        await this.#ping();
        break;
      } catch {
        // Still away: that is what the circuit is open for.
      }
    }
    this.#open = false;
    this.#onChange(false);
  }
}
