// Secrets of a development machine: generated once, kept where only the owner can read them.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, productionSecrets } from './schema.ts';

type Secrets = Record<(typeof productionSecrets)[number], string>;

const read = (file: string): Secrets | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

/** Written aside and then linked, so that nobody ever reads half of it; whoever links first is followed. */
const generate = (dir: string, file: string): Secrets => {
  mkdirSync(dir, { recursive: true });
  const secrets = {
    JWT_SECRET: randomBytes(32).toString('hex'),
    OPERATOR_TOKEN: `op_${randomBytes(18).toString('hex')}`,
  };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return read(file) ?? secrets;
    throw error;
  } finally {
    unlinkSync(draft);
  }
};

/** Returns the config with every secret set; generates and keeps the missing ones outside production. */
export function keepSecrets(config: Config): Config {
  if (productionSecrets.every((name) => config[name])) return config;
  const file = join(config.DATA_DIR, 'secrets.json');
  const kept = read(file) ?? generate(config.DATA_DIR, file);
  return {
    ...config,
    JWT_SECRET: config.JWT_SECRET || kept.JWT_SECRET,
    OPERATOR_TOKEN: config.OPERATOR_TOKEN || kept.OPERATOR_TOKEN,
  };
}
