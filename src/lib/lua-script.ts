import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script and the SHA-1 under which EVALSHA knows it. */
export interface LuaScript {
  source: string;
  sha: string;
}

/** A script that has its own SHA for each scope, so that loading it for one loads it for no other. */
export type ScopedScript = (scope: string) => LuaScript;

/** Reads a script that lies beside the module: `luaScript(import.meta.url, './reserve.lua')`. */
export function luaScript(base: string, file: string): ScopedScript {
  const text = readFileSync(new URL(file, base), 'utf8');
  const made = new Map<string, LuaScript>();
  return (scope) => {
    let script = made.get(scope);
    if (!script) {
      const source = `-- ${scope}\n${text}`;
      script = { source, sha: createHash('sha1').update(source).digest('hex') };
      made.set(scope, script);
    }
    return script;
  };
}
