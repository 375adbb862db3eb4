// Does what a builder would do with a Dockerfile, in a folder: no engine, the same files and commands.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { copiesOf, Dockerfile, type Stage } from './dockerfile.ts';

// The images' Node runs TypeScript by itself; an older one gets help that does not come from the folder.
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const help = 'typescript' in process.features && process.features.typescript ? [] : ['--import', tsx];

/** npm could not reach its registry, which says nothing about the image. */
export class NoRegistry extends Error {}

const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

function run(command: string, folder: string): void {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: 'true' };
  // What a developer's environment tells npm about registries holds here too.
  for (const [name, value] of Object.entries(process.env))
    if (
      /^(npm_config_.*(registry|cache|proxy|cafile)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name)
    )
      Object.assign(env, { [name]: value });
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' });
  if (status === 0) return;
  if (unreachable.test(stderr)) throw new NoRegistry(stderr);
  throw new Error(`${command}: ${stderr}`);
}

/** Builds images below one folder; stages that are the same are built once. */
export class Builder {
  readonly #root: string;
  readonly #built = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  #stage(stage: Stage, others: Map<string, string>): string {
    const text = JSON.stringify(stage);
    const known = this.#built.get(text);
    if (known) return known;
    const folder = join(this.#root, `stage-${this.#built.size}`);
    mkdirSync(folder, { recursive: true });
    for (const instruction of stage.instructions) {
      if (instruction.name === 'RUN') run(instruction.rest, folder);
      for (const { sources, target, from } of copiesOf({ ...stage, instructions: [instruction] }))
        for (const source of sources) {
          const to = join(folder, target, target.endsWith('/') ? basename(source) : '');
          if (from) symlinkSync(join(others.get(from)!, source.replace('/app/', '')), to);
          else cpSync(source, to, { recursive: true });
        }
    }
    this.#built.set(text, folder);
    return folder;
  }

  /** The folder that the image would hold as /app. */
  build(file: string): { folder: string; dockerfile: Dockerfile } {
    const dockerfile = Dockerfile.read(file);
    const stages = new Map<string, string>();
    for (const stage of dockerfile.stages) stages.set(stage.name, this.#stage(stage, stages));
    return { folder: stages.get('')!, dockerfile };
  }
}

/** A process as its container would run it: the image's folder, nothing but the given environment. */
export class Container {
  readonly child: ChildProcess;
  /** Resolves with the exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>;
  output = '';

  constructor([program, ...args]: string[], folder: string, env: Record<string, string>) {
    if (program !== 'node') throw new Error(`the image has no ${program}`);
    this.child = spawn(process.execPath, [...help, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve(code ?? signal ?? 'gone'));
    });
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(signal: NodeJS.Signals): Promise<number | string> {
    if (this.isAlive) this.child.kill(signal);
    return this.ended;
  }
}
