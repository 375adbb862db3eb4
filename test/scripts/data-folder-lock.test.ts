import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockDataDir } from '../../scripts/lib/lock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const mark = 'holds-the-lock';

describe('lock on a data folder', () => {
  const home = temporaryFolder();
  const hold = (dir: string, holder: unknown) =>
    writeFileSync(join(dir, 'start.lock'), JSON.stringify(holder));
  const fresh = () => mkdtempSync(join(home, 'data-'));

  it('refuses a second start, naming process and port', async () => {
    const dir = fresh();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], { stdio: 'ignore' });
    await once(other, 'spawn');
    try {
      hold(dir, { pid: other.pid, port: 8123 });
      expect(() => lockDataDir(dir, 8000, mark)).to.throw(`process ${other.pid}, PORT=8123`);
    } finally {
      other.kill();
      await once(other, 'exit');
    }
    lockDataDir(dir, 8000, mark)();
  });

  it('takes over from a process that is something else by now, and from a file that was cut short', () => {
    const dir = fresh();
    hold(dir, { pid: process.ppid, port: 8123 });
    lockDataDir(dir, 8000, mark)();
    writeFileSync(join(dir, 'start.lock'), '{"pid":');
    lockDataDir(dir, 8000, mark)();
  });

  it('leaves nothing behind when released', () => {
    const dir = fresh();
    const release = lockDataDir(dir, 8000, mark);
    expect(existsSync(join(dir, 'start.lock'))).to.equal(true);
    release();
    expect(existsSync(join(dir, 'start.lock'))).to.equal(false);
  });
});
