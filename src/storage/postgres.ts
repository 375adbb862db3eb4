// Postgres pools by role. Timeouts are the session's own, so that a stuck process cannot hold a row for ever.
import knex, { type Knex } from 'knex';
import pg from 'pg';

// Ids and counters stay far below 2^53, so bigint columns are read as numbers.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

interface SessionLimits {
  statementMs: number;
  lockMs: number;
  idleInTransactionMs: number;
}

const connection = (url: string, name: string, limits: SessionLimits) => ({
  connectionString: url,
  application_name: name,
  connectionTimeoutMillis: 2000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  statement_timeout: limits.statementMs,
  lock_timeout: limits.lockMs,
  idle_in_transaction_session_timeout: limits.idleInTransactionMs,
  // A server that hangs never runs out its own timeout; this one is ours.
  query_timeout: limits.statementMs + 500,
});

/** Whoever asks gets the error and logs it; knex would print it to the console besides, between our JSON lines. */
const quiet = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** The API's pool: short statements, so that a request fails before its client gives up. */
export const forQueries = (url: string, size: number, name = 'anteroom-api'): Knex =>
  knex({
    client: 'pg',
    connection: connection(url, name, {
      statementMs: 1800,
      lockMs: 1500,
      idleInTransactionMs: 5000,
    }),
    pool: { min: 0, max: size },
    acquireConnectionTimeout: 2000,
    log: quiet,
  });

/** The searches' own small pool: a slow search is cut off and never holds up other requests. */
export const forSearch = (url: string, size: number, limitSeconds: number): Knex =>
  knex({
    client: 'pg',
    connection: connection(url, 'anteroom-search', {
      statementMs: limitSeconds * 1000,
      lockMs: 1000,
      idleInTransactionMs: 5000,
    }),
    pool: { min: 0, max: size },
    acquireConnectionTimeout: 2000,
    log: quiet,
  });

/**
 * The workers' pool. A bell waits for a shard's row as long as another worker needs for a batch; a session that
 * died inside a transaction frees it after ten seconds.
 */
export function forWorkers(url: string, size: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    ...connection(url, 'anteroom-worker', {
      statementMs: 30_000,
      lockMs: 15_000,
      idleInTransactionMs: 10_000,
    }),
    max: size,
    idleTimeoutMillis: 30_000,
  });
  // A connection that dies while idle emits here; without a listener it would end the process.
  pool.on('error', onError);
  return pool;
}

/**
 * Lends one connection to `work`. One that failed, or whose work did, is closed rather than used again.
 * A connection that is lost while lent out fails the next query; without a listener it would end the process.
 */
export async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } catch (error) {
    broken ??= error as Error;
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Runs `work` in one transaction; a failed one ends with its connection, and the error is passed on. */
export const inTransaction = <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
  withClient(pool, async (client) => {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
