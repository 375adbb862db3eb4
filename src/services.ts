// What commands, queries and routes are built from; made once by wire.ts.
import type { Knex } from 'knex';
import type { Revocations } from './auth/revocations.ts';
import type { TokenSigner } from './auth/tokens.ts';
import type { RatePolicy } from './commands/command.ts';
import type { Applied, Offsets } from './outbox/offsets.ts';
import type { RememberKey } from './reserve/remember-key.ts';
import type { Reserver } from './reserve/reserver.ts';
import type { Tail } from './reserve/tail.ts';

export interface Services {
  knex: Knex;
  searchKnex: Knex;
  reserver: Reserver;
  tail: Tail;
  offsets: Offsets;
  applied: Applied;
  rememberKey: RememberKey;
  signer: TokenSigner;
  revocations: Revocations;
  rates: RatePolicy;
  shards: number;
  windowSeconds: number;
  openSignup: boolean;
  basePath: string;
}
