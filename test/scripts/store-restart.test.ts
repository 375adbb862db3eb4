import { expect } from 'chai';
import { Redis } from 'ioredis';
import { startRedis } from '../../scripts/embedded/redis.ts';
import { keepStore } from '../../scripts/lib/keep-store.ts';
import { waitUntil } from '../helpers/wait-until.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('an embedded store that ends unexpectedly', () => {
  const dir = temporaryFolder();

  it('is started again in the same place, with what it held', async () => {
    const said: string[] = [];
    const pids: number[] = [];
    let port: number | undefined;
    const { url, undo } = await keepStore({
      name: 'Redis',
      log: 'redis.log',
      killBy: 'SIGKILL',
      find: async () => {
        const store = await startRedis({ dir, password: false, ...(port ? { port } : {}) });
        port = store.port;
        pids.push(store.pid);
        return { url: store.url, store };
      },
      say: (line) => said.push(line),
      giveUp: (error) => {
        throw error;
      },
    });
    const redis = new Redis(url);
    redis.on('error', () => {});
    await redis.set('kept', 'yes');
    await redis.config('SET', 'appendfsync', 'always');
    await redis.set('kept too', 'yes');
    process.kill(pids[0]!, 'SIGKILL');
    await waitUntil('another process', () => pids.length === 2);
    expect(await waitUntil('its data', () => redis.get('kept too'))).to.equal('yes');
    expect(said).to.deep.equal(['Redis ended unexpectedly (see redis.log); starting it again.']);
    redis.disconnect();
    await undo!.stop();
    expect(pids).to.have.length(2);
  });
});
