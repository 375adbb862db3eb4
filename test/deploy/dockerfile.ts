// Reads as much of the Dockerfile language as this project's images use; anything else is an error.
import { readFileSync } from 'node:fs';

export interface Instruction {
  name: string;
  flags: Record<string, string>;
  /** What follows the name and the flags, lines joined. */
  rest: string;
}

export interface Stage {
  base: string;
  name: string;
  instructions: Instruction[];
}

export interface Copy {
  sources: string[];
  target: string;
  from: string | undefined;
}

const known = new Set(
  'ARG CMD COPY ENV EXPOSE FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER WORKDIR'.split(' '),
);

const readInstruction = (line: string): Instruction => {
  const [, name = '', flags = '', rest = ''] = /^([A-Z]+)((?:\s+--[a-z-]+=\S+)*)\s+(.*)$/.exec(line) ?? [];
  if (!known.has(name)) throw new Error(`not an instruction this reader knows: ${line}`);
  const pairs = [...flags.matchAll(/--([a-z-]+)=(\S+)/g)].map(([, flag, value]) => [flag!, value!]);
  return { name, flags: Object.fromEntries(pairs), rest: rest.trim() };
};

/** The instructions of a Dockerfile, comments left out and continued lines joined. */
export const readInstructions = (text: string): Instruction[] =>
  text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim())
    .map(readInstruction);

/** `name=value` pairs, values in quotes or not. */
const pairsOf = (rest: string): [string, string][] =>
  [...rest.matchAll(/([\w.-]+)(?:=("[^"]*"|\S*))?/g)].map(([, name, value = '']) => [
    name!,
    value.replace(/^"(.*)"$/, '$1'),
  ]);

/** A Dockerfile: its stages, and what its last one makes of the image. */
export class Dockerfile {
  readonly stages: Stage[] = [];
  readonly args: Record<string, string> = {};

  constructor(text: string) {
    for (const instruction of readInstructions(text)) {
      if (instruction.name === 'ARG') Object.assign(this.args, Object.fromEntries(pairsOf(instruction.rest)));
      if (instruction.name === 'FROM') {
        const [, base = '', name = ''] = /^(\S+)(?: AS (\S+))?$/.exec(instruction.rest) ?? [];
        this.stages.push({ base: this.#filled(base), name, instructions: [] });
      } else this.stages.at(-1)?.instructions.push(instruction);
    }
  }

  static read(path: string): Dockerfile {
    return new Dockerfile(readFileSync(path, 'utf8'));
  }

  #filled(text: string): string {
    return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      if (this.args[name] === undefined) throw new Error(`no ARG ${name}`);
      return this.args[name];
    });
  }

  #all(name: string): Instruction[] {
    return this.stages.at(-1)!.instructions.filter((instruction) => instruction.name === name);
  }

  /** The only instruction of this name in the last stage. */
  one(name: string): Instruction {
    const found = this.#all(name);
    if (found.length !== 1) throw new Error(`${found.length} ${name} in the last stage`);
    return found[0]!;
  }

  #pairs(name: string): Record<string, string> {
    const filled = this.#all(name).flatMap(({ rest }) => pairsOf(rest));
    return Object.fromEntries(filled.map(([key, value]) => [key, this.#filled(value)]));
  }

  get env(): Record<string, string> {
    return this.#pairs('ENV');
  }

  get labels(): Record<string, string> {
    return this.#pairs('LABEL');
  }

  /** The command, as a list of words. */
  get command(): string[] {
    return JSON.parse(this.one('CMD').rest);
  }

  /** The command that says whether a container is healthy, as a list of words. */
  get healthcheck(): string[] {
    return JSON.parse(this.one('HEALTHCHECK').rest.replace(/^CMD /, ''));
  }

  /** What the last stage takes from the build context, by its path there. */
  get files(): string[] {
    return copiesOf(this.stages.at(-1)!)
      .filter(({ from }) => !from)
      .flatMap(({ sources }) => sources);
  }
}

export const copiesOf = (stage: Stage): Copy[] =>
  stage.instructions
    .filter(({ name }) => name === 'COPY')
    .map(({ rest, flags }) => {
      const words = rest.split(/\s+/);
      return { sources: words.slice(0, -1), target: words.at(-1)!, from: flags.from };
    });

/** The roles and their Dockerfiles. */
export const dockerfiles = {
  api: 'Dockerfile',
  worker: 'Dockerfile.worker',
  scheduler: 'Dockerfile.scheduler',
};
