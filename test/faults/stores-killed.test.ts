import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startRedis } from '../../scripts/embedded/redis.ts';
import type { Store } from '../../scripts/embedded/store-process.ts';
import { type Api, Deployment } from '../helpers/deployment.ts';
import { History } from '../helpers/history.ts';
import { waitUntil } from '../helpers/wait-until.ts';

/** Nobody waits longer for an answer, whatever happens to the stores; some room for a busy machine. */
const ANSWER_MS = 3000;

describe('Redis killed under load', () => {
  let dir: string;
  let redis: Store;
  let deployment: Deployment;
  let apis: Api[];
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'anteroom-redis-'));
    redis = await startRedis({ dir: join(dir, 'live'), password: false });
    deployment = await Deployment.create({ REDIS_URL: redis.url });
    await deployment.worker();
    apis = [await deployment.api(), await deployment.api()];
  });
  afterEach(async () => {
    await deployment.stop();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function prepare(): Promise<History> {
    const [{ client }] = apis as [Api];
    const application = await deployment.application(client);
    await client.post(`${application.path}/chats`, { key: application.key });
    await deployment.settled();
    return new History(application);
  }

  /** Clients that go on sending until told to stop. */
  function load(history: History) {
    let isOver = false;
    const clients = Array.from({ length: 8 }, async (_, i) => {
      while (!isOver) {
        const outcome = await history.send(apis[i % 2]!.origin);
        if (outcome.is !== 'ok') await new Promise((resolve) => setImmediate(resolve));
      }
    });
    return {
      count: () => history.count('ok'),
      async stop() {
        isOver = true;
        await Promise.all(clients);
      },
    };
  }

  const more = (work: { count(): number }, by = 100) => {
    const from = work.count();
    return waitUntil(`${by} more answers`, () => work.count() >= from + by, 20_000);
  };

  async function comeBack(): Promise<void> {
    redis = await startRedis({ dir: join(dir, 'live'), password: false, port: redis.port });
  }

  async function expectWhole(history: History): Promise<void> {
    await deployment.settled();
    await history.check(deployment);
    const slowest = Math.max(...history.attempts.map(({ ms }) => ms));
    expect(slowest).to.be.below(ANSWER_MS);
  }

  it('loses and doubles nothing, and goes on by itself when it is back', async () => {
    const history = await prepare();
    const work = load(history);
    await more(work);
    process.kill(redis.pid, 'SIGKILL');
    await redis.exited;
    await comeBack();
    await more(work);
    await work.stop();
    await expectWhole(history);
  });

  it('and coming back as it was a moment earlier, gets the rest from the API processes', async () => {
    const history = await prepare();
    const work = load(history);
    await more(work);
    keepEarlierCopy();
    await more(work);
    process.kill(redis.pid, 'SIGKILL');
    await redis.exited;
    rmSync(join(dir, 'live', 'appendonlydir'), { recursive: true });
    cpSync(join(dir, 'earlier'), join(dir, 'live', 'appendonlydir'), { recursive: true });
    await comeBack();
    await more(work);
    await work.stop();
    await expectWhole(history);
    const [recovery] = await deployment.knex('recoveries').where('epoch', '>', 1);
    expect(recovery).to.include({ lost: 0, voids: 0 });
  });

  /** What stands on the disk now, as a power cut would leave it. */
  function keepEarlierCopy(): void {
    cpSync(join(dir, 'live', 'appendonlydir'), join(dir, 'earlier'), { recursive: true });
  }
});
