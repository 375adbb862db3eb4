import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script and the SHA-1 under which EVALSHA knows it. */
export interface LuaScript {
  source: string;
  sha: string;
}

/** Reads a script that lies beside the module: `luaScript(import.meta.url, './reserve.lua')`. */
export function luaScript(base: string, file: string): LuaScript {
  const source = readFileSync(new URL(file, base), 'utf8');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
