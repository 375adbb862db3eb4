import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only its owner may enter (mode 0700), removed after the suite that asked for it. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'anteroom-'));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
