import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { startPostgres } from '../../scripts/embedded/postgres.ts';
import { isPortFree } from '../../scripts/lib/ports.ts';
import { commandLine, signal } from '../../scripts/lib/processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ask = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows[0] ?? [];
  } finally {
    await client.end();
  }
};

describe('embedded Postgres', function () {
  this.timeout(60_000);
  // Mode 0700, so as root this also proves that Postgres, which is never root, gets through.
  const dir = join(temporaryFolder(), 'postgres');
  const start = () => startPostgres({ dir, fsync: false });

  it('starts as this user below a closed folder, keeps rows, and stops without a trace', async () => {
    const first = await start();
    try {
      await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
      expect(await ask(first.url, "SELECT 'ÄÖПР' ILIKE 'äöпр', lower('ÄÉПР')")).to.eql([true, 'äéпр']);
      expect(await ask(first.url, 'SELECT host(inet_server_addr()), current_user')).to.eql([
        '127.0.0.1',
        'anteroom',
      ]);
    } finally {
      await first.stop();
    }
    expect(commandLine(first.pid)).to.equal(null);
    expect(await isPortFree(first.port)).to.equal(true);
    const second = await start();
    expect(await ask(second.url, 'SELECT n FROM kept').finally(second.stop)).to.eql([42]);
  });

  it('asks for a password that only its owner can read', async () => {
    const { url, stop } = await start();
    const without = new URL(url);
    without.password = 'wrong';
    const refused = await ask(without.href, 'SELECT 1')
      .catch((error) => error)
      .finally(stop);
    expect(refused).to.have.property('code', '28P01');
    expect(statSync(join(dir, 'password')).mode & 0o777).to.equal(0o600);
  });

  it('ends the server that a killed run left behind and takes the folder over', async () => {
    const orphan = await start();
    const next = await start();
    try {
      expect(commandLine(orphan.pid)).to.equal(null);
      expect(await ask(next.url, 'SELECT 1')).to.eql([1]);
    } finally {
      await next.stop();
    }
  });

  it('starts again after its server was killed', async () => {
    const killed = await start();
    signal(killed.pid, 'SIGKILL');
    await killed.exited;
    const next = await start();
    expect(await ask(next.url, 'SELECT 1').finally(next.stop)).to.eql([1]);
  });

  it('leaves a process alone that only has the pid of the old server', async () => {
    writeFileSync(join(dir, 'data', 'postmaster.pid'), `${process.pid}\n`);
    const next = await start();
    expect(readFileSync(join(dir, 'data', 'postmaster.pid'), 'utf8')).to.match(new RegExp(`^${next.pid}\n`));
    await next.stop();
  });
});
