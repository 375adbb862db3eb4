import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { requireFreePort } from '../../scripts/lib/api-port.ts';
import { repoRoot } from '../../scripts/lib/stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('npm start', function () {
  this.timeout(30_000);
  const dataDir = join(temporaryFolder(), 'data');

  const start = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'scripts/start.ts', ...args], {
      cwd: repoRoot,
      env: { ...process.env, DATA_DIR: dataDir, PORT: '0', ...env },
      encoding: 'utf8',
    });

  it('explains itself with --help', () => {
    const { status, stdout } = start(['--help']);
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/^Usage: npm start/)
      .and.include('DATABASE_URL')
      .and.include('/docs');
  });

  it('refuses an argument it does not know', () => {
    const { status, stderr } = start(['--wrong']);
    expect(status).to.equal(2);
    expect(stderr).to.include('Unknown argument: --wrong');
  });

  it('names a setting that is wrong, without a stack trace', () => {
    const { status, stderr } = start([], { RATE_LIMITS: 'maybe' });
    expect(status).to.equal(1);
    expect(stderr)
      .to.include('RATE_LIMITS must be one of on, off')
      .and.not.match(/^\s+at /m);
  });

  it('names the setting and the host of a store that does not answer, never the password', () => {
    const { status, stderr } = start([], { DATABASE_URL: 'postgres://me:hidden@127.0.0.1:1/db' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^DATABASE_URL: no Postgres answers at 127\.0\.0\.1:1/);
    expect(stderr).not.to.include('hidden');
  });

  it('says so when the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const fault = await requireFreePort(port, '127.0.0.1').catch((error) => error);
    server.close();
    expect((fault as Error).message).to.match(
      new RegExp(`^Port ${port} on 127.0.0.1 is in use.*PORT=${port + 1} DATA_DIR=`),
    );
  });
});
