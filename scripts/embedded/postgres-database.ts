import { withClient } from '../lib/postgres-client.ts';

/** Answers that only mean "not yet": nobody listens, or the server is starting up or shutting down. */
const notYet = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03']);

/** Makes the database that `url` names unless it exists; false while the server is not ready to be asked. */
export async function ensureDatabase(url: string): Promise<boolean> {
  const target = new URL(url);
  const name = target.pathname.slice(1);
  target.pathname = '/postgres';
  try {
    await withClient(target.href, async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE "${name}"`);
    });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (notYet.has(code ?? '') || /Connection terminated|timeout/.test(message)) return false;
    throw error;
  }
}
