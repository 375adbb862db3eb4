// The other tests of this folder are worth what these readers see.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../scripts/temporary-folder.ts';
import { fill } from './compose-file.ts';
import { dockerIgnore } from './docker-ignore.ts';
import { Dockerfile } from './dockerfile.ts';
import { reachableFrom, specifiersOf } from './reachable-files.ts';

describe('the reader of Dockerfiles', () => {
  const text = [
    'ARG VERSION=24',
    `FROM node:\${VERSION}-slim AS one`,
    '# A comment \\',
    'RUN npm ci \\',
    '  --omit=dev',
    'FROM one',
    'ARG TITLE="A title"',
    'ENV A=1 B="two words"',
    `LABEL title="\${TITLE}"`,
    'COPY --from=one /app/x /app/y ./',
    'COPY a b/c d/',
    'CMD ["node", "x.ts"]',
  ].join('\n');

  it('reads stages, variables, copies and commands', () => {
    const image = new Dockerfile(text);
    expect(image.stages.map(({ base, name }) => [base, name])).to.deep.equal([
      ['node:24-slim', 'one'],
      ['one', ''],
    ]);
    expect(image.stages[0]?.instructions).to.deep.equal([
      { name: 'RUN', flags: {}, rest: 'npm ci    --omit=dev' },
    ]);
    expect(image.env).to.deep.equal({ A: '1', B: 'two words' });
    expect(image.labels).to.deep.equal({ title: 'A title' });
    expect(image.files).to.deep.equal(['a', 'b/c']);
    expect(image.command).to.deep.equal(['node', 'x.ts']);
  });

  it('refuses what it does not know', () => {
    for (const line of ['ADD a b', 'ONBUILD RUN x', 'nonsense'])
      expect(() => new Dockerfile(`FROM x\n${line}`)).to.throw('not an instruction');
    expect(() => new Dockerfile(`FROM node:\${NONE}`)).to.throw('no ARG NONE');
    expect(() => new Dockerfile('FROM x').one('CMD')).to.throw('0 CMD');
  });
});

describe('the reader of .dockerignore', () => {
  it('lets the last pattern decide', () => {
    const ignored = dockerIgnore('# secrets\n.env*\n!.env.example\nbuild/\n**/*.log\n');
    for (const path of ['.env', '.env.local', 'build', 'build/a/b', 'x.log', 'a/b/x.log'])
      expect(ignored(path), path).to.equal(true);
    for (const path of ['.env.example', 'a/.env', 'builder', 'x.log.txt'])
      expect(ignored(path), path).to.equal(false);
  });
});

describe('the walk from an entry file', () => {
  const dir = temporaryFolder();

  it('finds what is loaded at run time, and only that', () => {
    const found = specifiersOf(`
      import type { A } from 'types-only';
      import { type B } from 'still-loaded';
      import 'effects';
      export * from './again.ts';
      export { c } from './named.ts';
      export type { D } from './types.ts';
      const lazy = () => import('lazy');
      const file = new URL('../beside.json', import.meta.url);
      const script = luaScript(import.meta.url, './a.lua');
      const installed = createRequire(import.meta.url).resolve('found/package.json');
      const other = new URL('./not-a-file', base);
    `);
    expect(found).to.have.members([
      ...['still-loaded', 'effects', './again.ts', './named.ts', 'lazy', '../beside.json', './a.lua'],
      'found/package.json',
    ]);
  });

  it('follows files and folders, and misses what is not there', () => {
    mkdirSync(join(dir, 'list'));
    writeFileSync(join(dir, 'main.ts'), `import './b.ts'; new URL('./list', import.meta.url);`);
    writeFileSync(join(dir, 'b.ts'), `import x from '@a/b/c'; import fs from 'node:fs';`);
    writeFileSync(join(dir, 'list/one.ts'), `import 'd/e';`);
    const { files, packages } = reachableFrom(['main.ts'], dir);
    expect([...files]).to.have.members(['main.ts', 'b.ts', 'list/one.ts']);
    expect([...packages.keys()]).to.have.members(['@a/b', 'd']);
    writeFileSync(join(dir, 'list/one.ts'), `import '../gone.ts';`);
    expect(() => reachableFrom(['main.ts'], dir)).to.throw('gone.ts');
  });
});

describe('the filling in of compose variables', () => {
  it('takes values, defaults and refusals', () => {
    expect(fill(`a\${X}b\${Y:-c}`, { X: '1' })).to.equal('a1bc');
    expect(fill(`\${Y:-c}`, { Y: '2' })).to.equal('2');
    expect(() => fill(`\${Z:?say so}`, { Z: '' })).to.throw('say so');
  });
});
