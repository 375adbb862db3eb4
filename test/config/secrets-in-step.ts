// A process that loads the configuration of one new folder after the other, each at the same moment as its twin.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';

const { SECRETS_IN = '', ROUNDS = '' } = process.env;
const STEP_MS = 2;
const go = join(SECRETS_IN, 'go');

console.log('ready');
while (!existsSync(go));
const startAt = Number(readFileSync(go, 'utf8'));
const kept: string[] = [];
for (let round = 0; round < Number(ROUNDS); round++) {
  while (Date.now() < startAt + round * STEP_MS);
  try {
    const { JWT_SECRET, OPERATOR_TOKEN } = loadConfig({ DATA_DIR: join(SECRETS_IN, String(round)) });
    kept.push(`${JWT_SECRET} ${OPERATOR_TOKEN}`);
  } catch (error) {
    kept.push((error as Error).message);
  }
}
console.log(JSON.stringify({ msg: 'done', kept }));
