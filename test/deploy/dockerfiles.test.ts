import { existsSync, readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { settings } from '../../config/schema.ts';
import { dockerIgnore } from './docker-ignore.ts';
import { copiesOf, Dockerfile, dockerfiles } from './dockerfile.ts';
import { reachableFrom } from './reachable-files.ts';

const project = JSON.parse(readFileSync('package.json', 'utf8'));
const defaults = settings as Record<string, { default?: unknown }>;
const ignored = dockerIgnore(readFileSync('.dockerignore', 'utf8'));

/** Command line tools that an image holds beside its role. */
const tools = { api: ['scripts/migrate.ts', 'scripts/dead-letters.ts'], worker: [], scheduler: [] };
/** The variable that says where a role listens. */
const portOf = { api: 'PORT', worker: 'WORKER_PORT', scheduler: 'WORKER_PORT' };
const mainOf = { api: 'src/server.ts', worker: 'workers/main.ts', scheduler: 'workers/scheduler.ts' };

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

for (const role of Object.keys(dockerfiles) as (keyof typeof dockerfiles)[]) {
  describe(`the image of the ${role}`, () => {
    const image = Dockerfile.read(dockerfiles[role]);
    // Node itself looks into package.json, for the type of the modules.
    const reachable = reachableFrom([mainOf[role], ...tools[role], 'package.json']);

    it('is built in two stages on a slim Node that an argument chooses', () => {
      expect(image.stages.map(({ base, name }) => ({ base, name }))).to.deep.equal([
        { base: `node:${image.args.NODE_VERSION}-slim`, name: 'dependencies' },
        { base: `node:${image.args.NODE_VERSION}-slim`, name: '' },
      ]);
      expect(Number(image.args.NODE_VERSION), 'runs TypeScript by itself').to.be.at.least(24);
    });

    it('shares its first stage with the others', () => {
      expect(image.stages[0]).to.deep.equal(Dockerfile.read(dockerfiles.api).stages[0]);
    });

    it('copies what exists and is sent to the builder', () => {
      for (const { sources, target, from } of image.stages.flatMap(copiesOf)) {
        if (from) continue;
        for (const source of sources) {
          expect(existsSync(source), source).to.equal(true);
          expect(ignored(source), source).to.equal(false);
        }
        // One folder by its own name, or files into a folder.
        if (statSync(sources[0]!).isDirectory()) expect(sources).to.deep.equal([target]);
        else expect(target).to.match(/\/$/);
      }
    });

    it('takes packages from the first stage', () => {
      const [packages, ...others] = copiesOf(image.stages[1]!).filter(({ from }) => from);
      expect(packages).to.deep.equal({
        sources: ['/app/node_modules'],
        target: 'node_modules',
        from: 'dependencies',
      });
      expect(others).to.deep.equal([]);
    });

    it('runs its role, as nobody special, and can be stopped', () => {
      expect(image.command).to.deep.equal(['node', '--enable-source-maps', mainOf[role]]);
      expect(image.one('USER').rest).to.equal('node');
      expect(image.one('STOPSIGNAL').rest).to.equal('SIGTERM');
      const names = image.stages[1]!.instructions.map(({ name }) => name);
      expect(names.lastIndexOf('COPY'), 'the code belongs to root').to.be.below(names.indexOf('USER'));
    });

    it('sets only settings, fit for production', () => {
      for (const name of Object.keys(image.env)) expect(settings, name).to.have.property(name);
      expect(image.env).to.include({ NODE_ENV: 'production', HOST: '0.0.0.0' });
    });

    it('exposes the port it listens on and asks there whether it is healthy', () => {
      const name = portOf[role];
      const port = image.env[name];
      expect(image.one('EXPOSE').rest).to.equal(port);
      expect(image.healthcheck.slice(0, 2)).to.deep.equal(['node', '-e']);
      expect(image.healthcheck[2]).to.contain(`process.env.${name}`).and.to.contain('/healthz');
      // A port that is off by default has no default to keep to.
      if (defaults[name]?.default) expect(port).to.equal(String(defaults[name].default));
    });

    it('says what it is', () => {
      const prefix = 'org.opencontainers.image';
      expect(image.labels[`${prefix}.title`]).to.match(new RegExp(`^Anteroom ${role}$`, 'i'));
      expect(image.labels[`${prefix}.description`]).to.match(/\.$/);
      expect(image.labels[`${prefix}.licenses`]).to.equal(project.license);
      expect(image.labels[`${prefix}.version`]).to.equal(project.version);
      expect(image.labels).to.have.property(`${prefix}.revision`);
    });

    it('holds every file that its processes load', () => {
      const missing = [...reachable.files].filter(
        (path) => !image.files.some((file) => isWithin(path, file)),
      );
      expect(missing).to.deep.equal([]);
    });

    it('holds nothing that none of them loads', () => {
      const idle = image.files.filter((file) => ![...reachable.files].some((path) => isWithin(path, file)));
      expect(idle).to.deep.equal([]);
    });

    it('has every package that its processes load', () => {
      const { dependencies, optionalDependencies = {} } = project;
      for (const [name, importer] of reachable.packages) {
        expect(dependencies, importer).to.have.property(name);
        expect(optionalDependencies, importer).not.to.have.property(name);
      }
    });
  });
}

describe('the images', () => {
  it('leave the workers out of the API, and the tools out of the workers', () => {
    const top = (role: keyof typeof dockerfiles) =>
      Dockerfile.read(dockerfiles[role]).files.map((file) => file.split('/')[0]);
    expect(top('api')).not.to.include('workers');
    for (const role of ['worker', 'scheduler'] as const)
      expect(top(role)).not.to.include.oneOf(['migrations', 'seeds', 'scripts']);
  });

  it('hold TypeScript that Node can run without compiling', () => {
    // Comments and trailing commas aside, which this file does not have.
    const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8'));
    expect(compilerOptions).to.include({
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
    });
  });

  it('are built from a context without data, secrets, packages, history and tests', () => {
    for (const path of [
      '.data/postgres/password',
      '.data2/secrets.json',
      '.env',
      '.git/config',
      'node_modules/koa/package.json',
      'test/setup.ts',
    ])
      expect(ignored(path), path).to.equal(true);
    for (const path of ['package.json', 'src/server.ts', 'src/reserve/reserve.lua'])
      expect(ignored(path), path).to.equal(false);
  });
});
