import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { repoRoot } from '../../scripts/lib/stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const npm = join(dirname(process.execPath), 'npm');

describe('setup on a machine without Redis', () => {
  const home = temporaryFolder();

  /** Runs setup with a PATH of node, npm and the given programs, each a shell script. */
  const setup = (
    name: string,
    programs: Record<string, string>,
    env: NodeJS.ProcessEnv,
    ...args: string[]
  ) => {
    const path = join(home, name);
    mkdirSync(path);
    symlinkSync(process.execPath, join(path, 'node'));
    symlinkSync(npm, join(path, 'npm'));
    for (const [program, script] of Object.entries(programs))
      writeFileSync(join(path, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const command = ['scripts/setup.mjs', ...args];
    return spawnSync(process.execPath, command, {
      cwd: repoRoot,
      env: { ...env, PATH: path },
      encoding: 'utf8',
    });
  };

  it('says what to install when it knows no package manager', () => {
    const { status, stderr } = setup('bare', {}, {});
    expect(status).to.equal(1);
    expect(stderr).to.match(/version 7 or later is needed, and none is on PATH/);
    expect(stderr)
      .to.include('REDIS_URL')
      .and.not.match(/^\s+at /m);
  });

  it('prints the exact command when the package manager does not serve it', () => {
    const { status, stderr } = setup('apt', { 'apt-get': 'exit 100', 'apt-cache': 'exit 0' }, {});
    expect(status).to.equal(1);
    expect(stderr).to.match(/^ {2}(sudo )?apt-get update && (sudo )?apt-get install -y redis-server$/m);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  it('names a server that is too old', () => {
    const { status, stderr } = setup('old', { 'redis-server': 'echo "Redis server v=6.0.16 sha=0"' }, {});
    expect(status).to.equal(1);
    expect(stderr).to.include('has version 6.0.16');
  });

  it('is content with Valkey', () => {
    const { status, stdout } = setup('valkey', { 'valkey-server': 'echo "Valkey server v=8.1.1 sha=0"' }, {});
    expect([status, stdout]).to.eql([0, '']);
  });

  it('needs no server for `npm start` when REDIS_URL is set, but always for the tests', () => {
    const env = { REDIS_URL: 'redis://example.invalid' };
    expect(setup('remote', {}, env).status).to.equal(0);
    expect(setup('remote-tests', {}, env, '--with-tests').status).to.equal(1);
  });
});
