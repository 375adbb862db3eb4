// The product and the ways of writing it is compared with, each as processes of its own on a place of its own.
import { randomUUID } from 'node:crypto';
import { freePort } from '../../scripts/lib/ports.ts';
import { createTokenSigner } from '../../src/auth/tokens.ts';
import type { Place, Stand } from './stand.ts';
import { CHATS, startProduct, type Target, whenReady } from './target.ts';

export interface System {
  name: 'anteroom' | 'bare-koa' | 'textbook' | 'synchronous';
  title: string;
  note: string;
  /** Whether there are rows to wait for. */
  persists: boolean;
  start(stand: Stand, place: Place): Promise<Target>;
}

export interface SystemOptions {
  /** `remembered`: the product's own check of bearers; `koa-jwt`: plain koa-jwt on every request. */
  auth: 'remembered' | 'koa-jwt';
  /** Jobs that the textbook worker has in hand. */
  jobs: number;
  /** Transactions that the synchronous API has under way. */
  transactions: number;
}

async function startBaseline(
  stand: Stand,
  place: Place,
  files: string[],
  settings: Record<string, string>,
): Promise<Target> {
  const { pool } = place;
  const token = `00${randomUUID().slice(2)}`;
  await pool.query(`INSERT INTO applications (token, name, last_chat_number) VALUES ($1, 'Bench', $2)`, [
    token,
    CHATS,
  ]);
  await pool.query(
    `INSERT INTO chats (app_token, number, created_at, updated_at, last_activity_at)
     SELECT $1, number, now(), now(), now() FROM generate_series(1, $2::int) AS number`,
    [token, CHATS],
  );
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = { ...place.env, PORT: String(port), BENCH_APP: token, ...settings };
  const processes = files.map((file) => stand.start(`bench/baselines/${file}`, env));
  await whenReady(`${origin}/readyz`, processes);
  const claims = { sub: token, app: token, role: 'application', jti: randomUUID() } as const;
  const key = createTokenSigner(place.env.JWT_SECRET!).sign(claims, null);
  const stop = async () => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  return { origin, token, key, chats: CHATS, pool, processes, stop };
}

export function systems({ auth, jobs, transactions }: SystemOptions): System[] {
  const baseline = (files: string[], concurrency: number) => (stand: Stand, place: Place) =>
    startBaseline(stand, place, files, { BENCH_AUTH: auth, BENCH_CONCURRENCY: String(concurrency) });
  return [
    {
      name: 'anteroom',
      title: 'Anteroom',
      note: 'API, worker, scheduler',
      persists: true,
      start: (stand, place) => startProduct(stand, place),
    },
    {
      name: 'bare-koa',
      title: '(a) bare Koa',
      note: 'checks, then a constant 201',
      persists: false,
      start: baseline(['bare-koa.ts'], 1),
    },
    {
      name: 'textbook',
      title: '(b) textbook queue',
      note: 'INCR, a job and an INSERT each',
      persists: true,
      start: baseline(['textbook.ts', 'textbook-worker.ts'], jobs),
    },
    {
      name: 'synchronous',
      title: '(c) synchronous Postgres',
      note: 'a transaction each, then 201',
      persists: true,
      start: baseline(['synchronous.ts'], transactions),
    },
  ];
}
