import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Connects to Postgres, runs `work` and closes the connection; nothing of it can wait for ever. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const limits = { connectionTimeoutMillis: 5_000, query_timeout: 60_000 };
  const client = new pg.Client({ connectionString: url, ...limits });
  // A server that goes away tells so by an event of its own, which would end this process unheard.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    // Saying goodbye to a server that is just going down may not be answered.
    await Promise.race([client.end().catch(() => {}), sleep(1_000, undefined, { ref: false })]);
  }
}
