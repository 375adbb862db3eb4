// Ctrl-C and its relatives.

/** npm passes on a Ctrl-C that the terminal has sent to everybody already: one key press arrives twice. */
const sameKeyPressMs = 500;

/**
 * Calls `first` at the first request to stop, and `second` when one more comes, later than the echo of the
 * first.
 */
export function onStopSignals(first: (signal: NodeJS.Signals) => void, second: () => void): void {
  let since = 0;
  const handle = (signal: NodeJS.Signals) => {
    if (since === 0) {
      since = Date.now();
      first(signal);
    } else if (Date.now() - since > sameKeyPressMs) second();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
}
