import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Stand } from '../../bench/lib/stand.ts';
import { startProduct } from '../../bench/lib/target.ts';
import { Cleanup } from '../../scripts/lib/cleanup.ts';
import { lineOf, numbersIn, runBench } from './quick.ts';

describe('npm run load', function () {
  this.timeout(60_000);
  const cleanup = new Cleanup((error) => console.error(error));

  after(() => cleanup.stop());

  it('loads a running server, plots what it saw, and deletes the messages it has sent', async () => {
    const out = await mkdtemp(join(tmpdir(), 'anteroom-load-test-'));
    cleanup.add({ stop: () => rm(out, { recursive: true, force: true }) });
    const stand = await Stand.start(cleanup, { fsync: false });
    const place = await stand.place();
    cleanup.add({ stop: () => place.drop() });
    const { origin, key } = await startProduct(stand, place);

    const pass = await runBench('load.ts', [
      ...['--url', origin, '--key', key, '--users', '2', '--spawn-rate', '10', '--duration', '1s'],
      ...['--wait', '20ms', '--out', out],
    ]);

    expect(pass.code, pass.output).to.equal(0);
    const [requests = 0] = numbersIn(lineOf(pass, /requests in 1 s/));
    expect(requests).to.be.above(2);
    expect(numbersIn(lineOf(pass, /^failures/))).to.deep.equal([0]);
    expect(lineOf(pass, /messages deleted/)).to.match(/^(\d+) of \1 messages deleted; 2 empty chats stay$/);
    expect(await readdir(out)).to.have.length(1);
    const { rows } = await place.pool.query('SELECT count(body) AS bodies, count(*) AS rows FROM messages');
    expect(Number(rows[0].bodies)).to.equal(0);
    const [deleted] = numbersIn(lineOf(pass, /messages deleted/));
    expect(Number(rows[0].rows)).to.equal(deleted);
    // Two requests made the chats; each of the two users may have had one more on its way when the time was over.
    expect(deleted).to.be.within(requests - 2, requests);
  });

  it('refuses an address of another machine', async () => {
    const pass = await runBench('load.ts', ['--url', 'http://anteroom.example', '--key', 'x']);
    expect(pass.code).to.equal(1);
    expect(pass.output).to.match(/--i-own-this-server/);
  });
});
