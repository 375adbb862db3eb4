import { expect } from 'chai';
import { lineOf, numbersIn, runBench } from './quick.ts';

describe('npm run bench:drain', function () {
  this.timeout(60_000);

  it('tells how fast one worker drains a backlog, and its memory', async () => {
    const pass = await runBench('drain.ts', ['--quick']);
    expect(pass.code, pass.output).to.equal(0);
    const [, rows = 0, megabytes = 0] = numbersIn(lineOf(pass, /^round 1/));
    expect(rows).to.be.above(0);
    if (process.platform === 'linux') expect(megabytes).to.be.above(0);
  });
});
