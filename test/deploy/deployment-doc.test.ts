import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { productionSecrets, settings } from '../../config/schema.ts';
import { composeFile, requiredVariables } from './compose-file.ts';
import { Dockerfile } from './dockerfile.ts';

const text = readFileSync('docs/deployment.md', 'utf8');
const { services } = composeFile();

const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, first]) => first!);

describe('docs/deployment.md', () => {
  it('makes exactly the variables that compose requires', () => {
    const [, names = ''] = /for name in ([A-Z_ ]+);.*> \.env$/m.exec(text) ?? [];
    expect(names.split(' ')).to.have.members([...requiredVariables().keys()]);
  });

  it('names only settings that there are', () => {
    for (const name of all(/`([A-Z][A-Z_]+)(?:=[^`]*)?`/g)) expect(settings).to.have.property(name);
    for (const name of productionSecrets) expect(text).to.contain(`| \`${name}\` |`);
  });

  it('lists the settings that compose hands on', () => {
    const given = Object.entries(services.api!.environment!).filter(([, value]) => value === null);
    const sentence = /`PORT` in `\.env`[^.]+processes\./s.exec(text)?.[0];
    for (const [name] of given) expect(sentence).to.contain(`\`${name}\``);
  });

  it('runs commands on services and files that there are', () => {
    for (const [, service, script] of text.matchAll(/docker compose run --rm (\w+) node (\S+)/g))
      expect(Dockerfile.read(services[service!]!.build!.dockerfile).files).to.include(script);
    for (const service of [...all(/--scale (\w+)=/g), ...all(/exec -T (\w+) /g)])
      expect(services).to.have.property(service);
    const paths = all(/`((?:src|workers|scripts)\/[^`]+)`/g);
    for (const path of paths) expect(existsSync(path), path).to.equal(true);
  });

  it('links to files that there are', () => {
    for (const link of all(/\]\(([^):]+)\)/g)) expect(existsSync(`docs/${link}`), link).to.equal(true);
  });

  it('gives the images’ names and the grace periods as they are', () => {
    for (const role of ['api', 'worker', 'scheduler']) {
      const { image, build } = services[role]!;
      const command = Dockerfile.read(build!.dockerfile).command.at(-1);
      const link = `[\`${build!.dockerfile}\`](../${build!.dockerfile})`;
      expect(text).to.contain(`| \`${image}\` | ${link} | \`${command}\``);
    }
    expect(text).to.contain(`(${services.api!.stop_grace_period!.replace('s', ' s')} in the compose file)`);
    const { default: grace } = settings.SHUTDOWN_GRACE as { default?: string };
    expect(text).to.contain(`\`SHUTDOWN_GRACE\` (${grace?.replace('s', ' s')})`);
  });
});
