import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createMetrics } from '../../src/lib/metrics.ts';
import { createWorkerMetrics } from '../../src/lib/worker-metrics.ts';

describe('docs/metrics.md', () => {
  it('names every metric of ours, and none that is not there', async () => {
    const registries = [createMetrics().registry, createWorkerMetrics().registry];
    const ours = (await Promise.all(registries.map((registry) => registry.getMetricsAsJSON())))
      .flat()
      .map(({ name }) => name)
      .filter((name) => /^(anteroom|bullmq)_/.test(name));
    const documented = [...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, name]) => name,
    );
    expect([...documented].sort()).to.deep.equal([...new Set(ours)].sort());
  });
});
