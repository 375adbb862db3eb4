// Makes this checkout runnable: packages, Postgres' libraries, a Redis. Runs before `npm start` and `npm
// test`, says something only when it does something, and needs nothing but Node, npm and the system's package
// manager.
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './lib/setup-packages.mjs';
import { linkPostgresLibraries } from './lib/setup-postgres.mjs';
import { ensureRedis } from './lib/setup-redis.mjs';
import { requireNode, requireUnix, SetupFault } from './lib/setup-system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  requireNode(process.versions.node);
  requireUnix(process.platform);
  ensurePackages(root);
  linkPostgresLibraries(root);
  // Tests bring up a Redis of their own, whatever REDIS_URL says.
  if (process.argv.includes('--with-tests') || !process.env.REDIS_URL) ensureRedis();
} catch (error) {
  if (!(error instanceof SetupFault)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
