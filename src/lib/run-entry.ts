// How every process begins and ends: configuration first, faults said plainly, no stack trace for the expected.
import { ConfigError, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { createLogger, type Logger } from './logger.ts';
import { Shutdown } from './shutdown.ts';

/** EX_CONFIG of sysexits.h: starting again will not help. */
const EXIT_CONFIG = 78;

export interface Entry {
  config: Config;
  log: Logger;
  shutdown: Shutdown;
}

/** Something outside the process keeps it from starting; the message says what and how to mend it. */
export class StartError extends Error {
  override name = 'StartError';
  /** Whether starting again cannot help until somebody changes a setting. */
  readonly isPermanent: boolean;

  constructor(message: string, { isPermanent = false } = {}) {
    super(message);
    this.isPermanent = isPermanent;
  }
}

function configOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}

/** Loads the configuration, runs `main`, and stops in order on SIGTERM, SIGINT or when `main` fails. */
export async function runEntry(name: string, main: (entry: Entry) => Promise<void>): Promise<void> {
  const config = configOrExit();
  const log = createLogger(name, config.LOG_LEVEL);
  const shutdown = new Shutdown(log, config.SHUTDOWN_GRACE);
  shutdown.onSignals();
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    void shutdown.run().finally(() => process.exit(1));
  });
  try {
    await main({ config, log, shutdown });
  } catch (error) {
    if (error instanceof StartError) log.fatal(error.message);
    else log.fatal({ err: error }, 'could not start');
    await shutdown.run();
    process.exit(error instanceof StartError && error.isPermanent ? EXIT_CONFIG : 1);
  }
}
