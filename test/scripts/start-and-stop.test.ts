import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { commandLine, signal, until } from '../../scripts/lib/processes.ts';
import { type Running, repoRoot } from '../../scripts/lib/stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const onStop =
  'process.on(\'SIGTERM\', () => { console.log(\'{"level":40,"msg":"stops"}\'); process.exit(0); });';
const worker = `setInterval(() => {}, 1000); ${onStop}`;
const server = `
  import { createServer } from 'node:http';
  createServer((_request, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
  ${onStop}`;

/** A checkout of its own whose three processes do nothing, so that only the start itself is tried. */
const checkout = (root: string): void => {
  for (const folder of ['src', 'workers', 'migrations', 'seeds']) mkdirSync(join(root, folder));
  for (const name of ['scripts', 'config', 'package.json', 'tsconfig.json'])
    cpSync(join(repoRoot, name), join(root, name), { recursive: true });
  symlinkSync(join(repoRoot, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'src/server.ts'), server);
  for (const name of ['main', 'scheduler']) writeFileSync(join(root, `workers/${name}.ts`), worker);
};

describe('npm start, from the first line to the last', function () {
  this.timeout(90_000);
  const root = temporaryFolder();
  const runningFile = join(root, '.data', 'running.json');
  before(() => checkout(root));

  const run = () => {
    const { DATABASE_URL, REDIS_URL, DATA_DIR, ...rest } = process.env;
    const env = { ...rest, PORT: '0' };
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/start.ts'], { cwd: root, env });
    const said = { text: '' };
    for (const output of [child.stdout, child.stderr])
      output.on('data', (data) => {
        said.text += data;
      });
    return { child, said };
  };
  const ready = async ({
    child,
    said,
  }: {
    child: ChildProcess;
    said: { text: string };
  }): Promise<Running> => {
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    await until(() => said.text.includes('Anteroom is ready') || ended(), 60_000);
    if (!said.text.includes('Anteroom is ready')) throw new Error(`It did not start. It said:\n${said.text}`);
    return JSON.parse(readFileSync(runningFile, 'utf8')) as Running;
  };
  const children = (): { pid: number }[] =>
    JSON.parse(readFileSync(join(root, '.data/children.json'), 'utf8'));

  it('brings everything up, refuses a second start, and stops it all on one Ctrl-C', async () => {
    const first = run();
    const running = await ready(first);
    const pids = children().map(({ pid }) => pid);
    expect(pids).to.have.length(3);
    expect((await fetch(`http://127.0.0.1:${running.port}/readyz`)).status).to.equal(200);
    const second = run();
    expect(await once(second.child, 'close')).to.eql([1, null]);
    expect(second.said.text).to.include(`process ${first.child.pid}, PORT=`);
    first.child.kill('SIGINT');
    expect(await once(first.child, 'close')).to.eql([0, null]);
    expect(first.said.text).to.match(/Stopped\. Data stays in \.data\/\n$/);
    for (const name of ['api', 'worker', 'scheduler'])
      expect(first.said.text).to.include(`[${name}] warning: stops`);
    expect(pids.map(commandLine)).to.eql([null, null, null]);
    expect(existsSync(runningFile)).to.equal(false);
  });

  it('after a kill -9 starts again on the same URLs, ending what was left', async () => {
    const killed = run();
    const before = await ready(killed);
    const pids = children().map(({ pid }) => pid);
    signal(before.pid, 'SIGKILL');
    await once(killed.child, 'close').catch(() => {});
    const next = run();
    const after = await ready(next);
    next.child.kill('SIGTERM');
    expect(await once(next.child, 'close')).to.eql([0, null]);
    expect(pids.map(commandLine)).to.eql([null, null, null]);
    expect([after.databaseUrl, after.redisUrl]).to.eql([before.databaseUrl, before.redisUrl]);
  });
});
