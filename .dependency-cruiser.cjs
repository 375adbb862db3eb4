// Who may import whom. Arrows run one way:
//   http → commands, queries → reserve, outbox, jobs, models, auth → storage, lib → config
//   workers → the same; src never imports workers, so the API image holds no handlers.

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A cycle has no first file to read.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-not-to-workers',
      severity: 'error',
      comment: 'The API must run without the workers’ code.',
      from: { path: '^(src|config)/' },
      to: { path: '^(workers|scripts|bench|test)/' },
    },
    {
      name: 'workers-not-to-http',
      severity: 'error',
      comment: 'A worker serves nobody and loads no web framework.',
      from: { path: '^workers/' },
      to: { path: '^src/(http|wire|server)' },
    },
    {
      name: 'lib-is-the-ground',
      severity: 'error',
      comment: 'lib knows nothing of the product.',
      from: { path: '^src/lib/' },
      to: { path: '^(src|workers)/', pathNot: '^src/lib/' },
    },
    {
      name: 'storage-knows-no-product',
      severity: 'error',
      comment: 'Connections are handed to those who know what they are for.',
      from: { path: '^src/storage/' },
      to: { path: '^src/', pathNot: '^src/(storage|lib)/' },
    },
    {
      name: 'core-not-upwards',
      severity: 'error',
      comment:
        'reserve, outbox, jobs, models and auth are used by commands and queries, never the other way.',
      from: { path: '^src/(reserve|outbox|jobs|models|auth)/' },
      to: { path: '^src/(http|commands|queries|services|wire|server)' },
    },
    {
      name: 'commands-know-no-http',
      severity: 'error',
      comment: 'Sockets, jobs and scripts run the same commands.',
      from: { path: '^src/(commands|queries)/' },
      to: { path: '^src/(http|wire|server|services)' },
    },
    {
      name: 'commands-know-no-queue',
      severity: 'error',
      comment: 'A command asks the reserver; which library carries the bell is none of its business.',
      from: { path: '^src/commands/' },
      to: { path: 'node_modules/(koa|@koa|bullmq)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'koa-only-in-http',
      severity: 'error',
      comment: 'The framework stays behind the shell.',
      from: { path: '^(src|workers)/', pathNot: '^src/(http|wire)' },
      to: { path: 'node_modules/(koa|@koa|koa-jwt)' },
    },
    {
      name: 'wire-only-from-entries',
      severity: 'error',
      comment: 'Only entry points and tests compose.',
      from: { path: '^(src|workers|scripts)/', pathNot: '^(src/server|workers/(main|scheduler))\\.ts$' },
      to: { path: '^(src/wire|workers/wire-(worker|scheduler))\\.ts$' },
    },
    {
      name: 'production-not-to-tests',
      severity: 'error',
      comment: 'What ships depends on nothing that does not.',
      from: { path: '^(src|workers|config|scripts|migrations|seeds)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
