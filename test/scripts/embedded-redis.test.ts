import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { startRedis } from '../../scripts/embedded/redis.ts';
import { isPortFree } from '../../scripts/lib/ports.ts';
import { commandLine } from '../../scripts/lib/processes.ts';
import { pingRedis } from '../../scripts/lib/reachable.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ask = async (url: string, ...command: [string, ...string[]]): Promise<unknown> => {
  const client = new Redis(url);
  try {
    return await client.call(...command);
  } finally {
    client.disconnect();
  }
};

describe('embedded Redis', function () {
  this.timeout(30_000);
  const dir = join(temporaryFolder(), 'redis');

  it('keeps what was written, and stops without a trace', async () => {
    const first = await startRedis({ dir });
    await ask(first.url, 'SET', 'kept', '42').finally(first.stop);
    expect(commandLine(first.pid)).to.equal(null);
    expect(await isPortFree(first.port)).to.equal(true);
    const second = await startRedis({ dir });
    expect(await ask(second.url, 'GET', 'kept').finally(second.stop)).to.equal('42');
  });

  it('never evicts, and asks for a password that does not show in the list of processes', async () => {
    const { url, port, pid, stop } = await startRedis({ dir });
    try {
      expect(await ask(url, 'INFO', 'memory')).to.include('maxmemory_policy:noeviction');
      expect(await pingRedis(`redis://127.0.0.1:${port}`)).to.match(/NOAUTH/);
      expect(commandLine(pid)).not.to.include(new URL(url).password);
      expect(statSync(join(dir, 'redis.conf')).mode & 0o777).to.equal(0o600);
    } finally {
      await stop();
    }
  });

  it('does without a password and without a disk for tests', async () => {
    const store = await startRedis({ dir: `${dir}-plain`, password: false, appendonly: false });
    try {
      expect(store.url).to.equal(`redis://127.0.0.1:${store.port}`);
      expect(await ask(store.url, 'INFO', 'persistence')).to.include('aof_enabled:0');
    } finally {
      await store.stop();
    }
  });

  it('ends the server that a killed run left behind and keeps what it held', async () => {
    const orphan = await startRedis({ dir });
    await ask(orphan.url, 'SET', 'late', '43');
    const next = await startRedis({ dir });
    expect(commandLine(orphan.pid)).to.equal(null);
    expect(await ask(next.url, 'GET', 'late').finally(next.stop)).to.equal('43');
  });
});
