import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only its owner may enter (mode 0700), there while the suite that asked for it runs. */
export function temporaryFolder(): string {
  const dir = join(tmpdir(), `anteroom-${randomUUID().slice(0, 8)}`);
  before(() => mkdirSync(dir, { mode: 0o700 }));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
