import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Dockerfile, dockerfiles } from './dockerfile.ts';

const project = JSON.parse(readFileSync('package.json', 'utf8'));
const lines = readFileSync('Procfile', 'utf8').trim().split('\n');
const commands = Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2)));

/** The script and its arguments, without what runs it. */
const scriptOf = (command: string) => command.replace(/^node (--\S+ (tsx )?)*/, '');

describe('Procfile', () => {
  it('has a process for each role, and the migrations as release', () => {
    expect(commands).to.have.all.keys('release', 'web', 'worker', 'scheduler');
    expect(scriptOf(commands.release)).to.equal('scripts/migrate.ts deploy');
    const roles = { web: 'api', worker: 'worker', scheduler: 'scheduler' } as const;
    for (const [name, role] of Object.entries(roles))
      expect(scriptOf(commands[name])).to.equal(Dockerfile.read(dockerfiles[role]).command.at(-1));
  });

  it('runs files that exist, on every Node that the project supports', () => {
    for (const command of Object.values<string>(commands)) {
      expect(existsSync(scriptOf(command).split(' ')[0]!), command).to.equal(true);
      expect(command).to.match(/^node --import tsx /);
    }
    expect(project.dependencies).to.have.property('tsx');
  });
});
