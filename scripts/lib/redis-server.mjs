// Where a Redis or Valkey server is. Plain JavaScript: scripts/setup.mjs asks before anything is installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The oldest major version that serves: functions and their read-only calls came with it. */
export const oldestRedis = 7;

/** Full path of a program on PATH, or null. */
export function findOnPath(name, path = process.env.PATH ?? '') {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/**
 * The first server on PATH that is new enough; else the one that is too old, so that a message can name it.
 */
export function findRedisServer(path = process.env.PATH ?? '') {
  let old = null;
  for (const name of ['redis-server', 'valkey-server']) {
    const file = findOnPath(name, path);
    if (!file) continue;
    const said = spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout ?? '';
    const version = /v=([\d.]+)/.exec(said)?.[1] ?? '0';
    const server = { file, version, usable: Number.parseInt(version, 10) >= oldestRedis };
    if (server.usable) return server;
    old ??= server;
  }
  return old;
}
