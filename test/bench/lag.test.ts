import { expect } from 'chai';
import { lineOf, numbersIn, runBench } from './quick.ts';

describe('npm run bench:lag', function () {
  this.timeout(60_000);

  it('tells the time from acceptance to commit, and of answers, at half of the top rate', async () => {
    const pass = await runBench('lag.ts', ['--quick']);
    expect(pass.code, pass.output).to.equal(0);
    for (const what of [/^accept to commit/, /^answer/])
      expect(numbersIn(lineOf(pass, what))[0]).to.be.above(0);
    expect(numbersIn(lineOf(pass, /^sent at/))[0]).to.be.above(0);
  });
});
