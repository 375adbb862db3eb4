import { expect } from 'chai';
import { lineOf, numbersIn, runBench } from './quick.ts';

describe('npm run bench:profile', function () {
  this.timeout(60_000);

  it('lists where the API spends its time', async () => {
    const pass = await runBench('profile.ts', ['--quick', '--top', '5']);
    expect(pass.code, pass.output).to.equal(0);
    expect(numbersIn(lineOf(pass, /^Busy for/))[0]).to.be.at.least(0);
    expect(pass.output.split('\n').filter((line) => / % +\| .+ +\| \S/.test(line))).to.have.length(5);
  });
});
