const PAUSE_MS = 10;

/**
 * Waits until `condition` gives something truthy, and returns it.
 * @throws Error that names `what` when it has not come by then
 */
export async function waitUntil<T>(
  what: string,
  condition: () => Promise<T> | T,
  limitMs = 10_000,
): Promise<NonNullable<T>> {
  const until = Date.now() + limitMs;
  let failure: unknown;
  for (;;) {
    try {
      const found = await condition();
      if (found) return found as NonNullable<T>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > until) throw new Error(`${what}: not within ${limitMs} ms`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
