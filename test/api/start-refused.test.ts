import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';
import { Processes, type TestProcess } from '../helpers/processes.ts';

const entries = { API: 'src/server.ts', worker: 'workers/main.ts', scheduler: 'workers/scheduler.ts' };

describe('a process that cannot start', () => {
  let deployment: Deployment;
  let processes: Processes;
  let taken: Server;
  const attempts = new Map<string, TestProcess>();
  // All at once: each waits ten seconds for a Redis that does not answer.
  before(async () => {
    deployment = await Deployment.create();
    processes = new Processes(deployment);
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const attempt = (name: string, file: string, settings: Record<string, string>) =>
      attempts.set(name, processes.start(file, { LOG_LEVEL: 'error', ...settings }));
    attempt('port', entries.API, { PORT: String((taken.address() as AddressInfo).port) });
    for (const [name, file] of Object.entries(entries)) {
      attempt(`${name} Postgres`, file, { DATABASE_URL: 'postgres://user:hunter2@127.0.0.1:1/nowhere' });
      attempt(`${name} Redis`, file, { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' });
    }
  });
  after(async () => {
    await processes.killAll();
    await new Promise((resolve) => taken.close(resolve));
    await deployment.stop();
  });

  /** Waits for its end; the one line that it said. */
  async function lineOf(name: string): Promise<string> {
    const { ended, said } = attempts.get(name)!;
    expect(await ended).to.equal(1);
    expect(said, JSON.stringify(said)).to.have.length(1);
    expect(said[0]).not.to.have.property('err');
    return said[0]!.msg!;
  }

  it('says which port is in use, and what to do', async () => {
    const { port } = taken.address() as AddressInfo;
    expect(await lineOf('port'))
      .to.contain(String(port))
      .and.to.match(/in use.*PORT/);
  });

  for (const name of Object.keys(entries)) {
    it(`(${name}) names the store that is not there, without its password`, async () => {
      for (const [store, setting] of [
        ['Postgres', 'DATABASE_URL'],
        ['Redis', 'REDIS_URL'],
      ]) {
        const line = await lineOf(`${name} ${store}`);
        expect(line).to.contain('127.0.0.1:1').and.to.contain(setting);
        expect(line).not.to.contain('hunter2');
      }
    });
  }
});
