import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const check = (root: string) =>
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/write-docs.ts', '--check'], {
    cwd: root,
    stdio: 'pipe',
  });

describe('the settings table of the README', () => {
  it('says what the code says', () => {
    check('.');
  });

  it('is found out when it does not', () => {
    const copy = mkdtempSync(join(tmpdir(), 'anteroom-docs-'));
    try {
      for (const part of ['scripts', 'config', 'package.json', 'README.md'])
        cpSync(part, join(copy, part), { recursive: true });
      cpSync('node_modules', join(copy, 'node_modules'), {
        recursive: true,
        filter: (from) => !from.includes('/.'),
      });
      const file = join(copy, 'README.md');
      writeFileSync(file, readFileSync(file, 'utf8').replace('Port of the API.', 'Port of something else.'));
      expect(() => check(copy)).to.throw(/behind the code/);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
