import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepRunning } from '../../scripts/lib/children.ts';
import { endOrphans, writeChildren } from '../../scripts/lib/orphans.ts';
import { commandLine, until } from '../../scripts/lib/processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('child processes of a start', function () {
  this.timeout(30_000);
  const root = temporaryFolder();
  const logDir = join(root, 'logs');
  const said: string[] = [];
  let living: { pid: number; file: string }[] = [];

  const run = (name: string, source: string, giveUp = (_name: string) => {}) => {
    writeFileSync(join(root, `${name}.ts`), source);
    said.length = 0;
    return keepRunning({
      ...{ scripts: { [name]: `${name}.ts` }, root, env: process.env, logDir, giveUp },
      say: (line) => said.push(line),
      remember: (children) => {
        living = children;
      },
    });
  };
  const hears = (text: string) => until(() => said.some((line) => line.includes(text)), 10_000);
  const stays = 'setInterval(() => {}, 1000);';

  it('starts again what dies, and keeps what it printed', async () => {
    const first = join(root, 'was-here');
    const children = run(
      'mortal',
      `import { existsSync, writeFileSync } from 'node:fs';
       if (existsSync(${JSON.stringify(first)})) { console.log('second life'); ${stays} }
       else { writeFileSync(${JSON.stringify(first)}, ''); console.log('first life'); process.exit(3); }`,
    );
    expect(await hears('second life')).to.equal(true);
    expect(said).to.include('[mortal] ended with code 3; starting it again in 0.5 s.');
    await children.stop(5_000);
    expect(living).to.eql([]);
    expect(readFileSync(join(logDir, 'mortal.log'), 'utf8')).to.equal('first life\nsecond life\n');
  });

  it('gives up when a process says that its configuration is wrong', async () => {
    const given: string[] = [];
    run('wrong', "console.error('PORT is wrong'); process.exit(78);", (name) => given.push(name));
    expect(await until(() => given.length > 0, 10_000)).to.equal(true);
    expect(await hears('[wrong] PORT is wrong')).to.equal(true);
    expect(said.join()).not.to.include('again');
  });

  it('ends by force what does not end when asked', async () => {
    const children = run('stubborn', `process.on('SIGTERM', () => {}); console.log('up'); ${stays}`);
    expect(await hears('up')).to.equal(true);
    const pid = living[0]?.pid ?? 0;
    await children.stop(100);
    expect(commandLine(pid)).to.equal(null);
  });

  it('ends the children of a start that was killed, and nothing else', async () => {
    const file = join(root, 'orphan.mjs');
    writeFileSync(file, stays);
    const orphan = spawn(process.execPath, [file], { stdio: 'ignore' });
    await once(orphan, 'spawn');
    const dataDir = join(root, 'data');
    mkdirSync(dataDir);
    writeChildren(dataDir, [
      { pid: orphan.pid ?? 0, file },
      { pid: process.pid, file: join(root, 'not-this-process.ts') },
    ]);
    expect(await endOrphans(dataDir, 5_000)).to.equal(1);
    expect(commandLine(orphan.pid ?? 0)).to.equal(null);
    expect(await endOrphans(dataDir, 0)).to.equal(0);
  });
});
