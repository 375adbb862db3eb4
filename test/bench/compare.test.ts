import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lineOf, numbersIn, runBench } from './quick.ts';

describe('npm run bench', function () {
  this.timeout(60_000);
  let out: string;

  before(async () => {
    out = await mkdtemp(join(tmpdir(), 'anteroom-bench-test-'));
  });

  after(() => rm(out, { recursive: true, force: true }));

  it('compares the product with its baselines, and writes table, figures and chart', async () => {
    const pass = await runBench('compare.ts', ['--quick', '--out', out]);
    expect(pass.code, pass.output).to.equal(0);
    for (const ratio of [/^accepted \/ \(a\)/, /^persisted \/ \(b\)/, /^persisted \/ \(c\)/])
      expect(numbersIn(lineOf(pass, ratio))[0]).to.be.above(0);

    expect((await readdir(out)).sort()).to.deep.equal(['latest.json', 'latest.svg']);
    const { systems, machine } = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8'));
    expect(machine.cores).to.be.above(0);
    expect(systems.map(({ name }: { name: string }) => name)).to.deep.equal([
      'anteroom',
      'bare-koa',
      'textbook',
      'synchronous',
    ]);
    for (const system of systems) {
      expect(system.accepted.median, system.name).to.be.above(0);
      expect(system.p99.median, system.name).to.be.at.least(system.p50.median);
      if (system.name !== 'bare-koa') expect(system.persisted.median, system.name).to.be.above(0);
    }
    expect(await readFile(join(out, 'latest.svg'), 'utf8')).to.match(/^<svg .*<\/svg>\n$/s);
  });
});
