// Gathers what arrives in the same turn of the event loop into batches, one batch in flight at a time.

/** Bounds how long one script call blocks Redis. */
export const MAX_BATCH_ITEMS = 256;
export const MAX_BATCH_BYTES = 1_000_000;

/** `flush` settles its items itself and never rejects. */
export class Batcher<Item extends { bytes: number }> {
  readonly #flush: (items: Item[]) => Promise<void>;
  readonly #defer: (run: () => void) => void;
  #waiting: Item[] = [];
  #busy = false;

  constructor(flush: (items: Item[]) => Promise<void>, defer: (run: () => void) => void = setImmediate) {
    this.#flush = flush;
    this.#defer = defer;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    if (this.#busy) return;
    this.#busy = true;
    this.#defer(() => void this.#run());
  }

  /** Takes everything that has not been sent. */
  takeAll(): Item[] {
    const items = this.#waiting;
    this.#waiting = [];
    return items;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#flush(this.#next());
    this.#busy = false;
  }

  #next(): Item[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#waiting) {
      bytes += item.bytes;
      if (count > 0 && (count === MAX_BATCH_ITEMS || bytes > MAX_BATCH_BYTES)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
