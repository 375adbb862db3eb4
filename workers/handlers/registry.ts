import type { PayloadOf } from '../../src/jobs/define-job.ts';
import type { Jobs } from '../../src/jobs/registry.ts';
import type { Logger } from '../../src/lib/logger.ts';

/** One handler for each contract; a contract without one does not compile. */
export type Handlers = {
  [Name in keyof Jobs]: (payload: PayloadOf<Jobs[Name]>, log: Logger) => Promise<void>;
};
