// Does a store answer? Asked early, so that a wrong URL is one line on the terminal and not a pile of
// retries.
import { Redis } from 'ioredis';
import { withClient } from './postgres-client.ts';
import { UserError } from './user-error.ts';

/** A fault's own words: refused connections carry theirs inside, one for each address that was tried. */
const wordsOf = (error: unknown): string => {
  const { errors, message, code } = error as AggregateError & { code?: string };
  return (errors?.[0] as Error | undefined)?.message || message || code || String(error);
};

/** Null when Redis answers PING and has loaded its data, else what went wrong. */
export async function pingRedis(url: string): Promise<string | null> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  let fault = '';
  // The event tells more than the rejection, which only says that the connection is closed.
  client.on('error', (error) => {
    fault ||= wordsOf(error);
  });
  try {
    await client.connect();
    await client.ping();
    return null;
  } catch (error) {
    return fault || wordsOf(error);
  } finally {
    client.disconnect();
  }
}

/** Null when Postgres answers a query, else what went wrong. */
export async function pingPostgres(url: string): Promise<string | null> {
  try {
    await withClient(url, (client) => client.query('SELECT 1'));
    return null;
  } catch (error) {
    return wordsOf(error);
  }
}

/** Host and port of a store's URL; nothing of it that is secret. */
const placeOf = (url: string): string => {
  try {
    return new URL(url).host || 'its host';
  } catch {
    return 'its host';
  }
};

/**
 * Asks a store that the environment names.
 * @throws UserError naming the setting and the host, never the password
 */
export async function requireAnswer(setting: 'DATABASE_URL' | 'REDIS_URL', url: string): Promise<void> {
  const fault = await (setting === 'DATABASE_URL' ? pingPostgres(url) : pingRedis(url));
  if (fault === null) return;
  const product = setting === 'DATABASE_URL' ? 'Postgres' : 'Redis';
  const { password = '' } = URL.canParse(url) ? new URL(url) : {};
  const said = password
    ? fault.replaceAll(password, '***').replaceAll(decodeURIComponent(password), '***')
    : fault;
  throw new UserError(`${setting}: no ${product} answers at ${placeOf(url)} (${said}).`);
}
