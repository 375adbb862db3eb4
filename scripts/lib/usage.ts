// What `npm start` says about itself: how to use it, and where everything is once it runs.
import { type Config, settings } from '../../config/schema.ts';

/** The settings that a person who tries the product out is likely to want. */
const mostUsed = [
  'PORT',
  'HOST',
  'DATA_DIR',
  'DATABASE_URL',
  'REDIS_URL',
  'SHARDS',
  'RATE_LIMITS',
  'OPEN_SIGNUP',
  'LOG_LEVEL',
] as const;

const settingLine = (name: (typeof mostUsed)[number]): string => {
  const { description, default: preset } = settings[name] as { description?: string; default?: unknown };
  return `  ${name.padEnd(14)}${description}${preset === '' ? '' : ` [${preset}]`}`;
};

/** Text of `npm start -- --help`. */
export const usage = (): string => `Usage: npm start [-- --help]

Starts the API, a worker and the scheduler, with an embedded Postgres and a private Redis unless DATABASE_URL
and REDIS_URL name others. Migrates, seeds, and stops everything in order on Ctrl-C.

Settings are environment variables, such as PORT=8001 DATA_DIR=.data2 npm start:

${mostUsed.map(settingLine).join('\n')}

Every setting is listed in the README.

URLs while it runs, with the default HOST and PORT:

  API           http://127.0.0.1:8000
  Docs          http://127.0.0.1:8000/docs
  Health        http://127.0.0.1:8000/readyz
  Metrics       http://127.0.0.1:8000/metrics

Look at rows while it runs:  npm run sql -- "select * from applications"`;

/** Address to reach the API under: one that listens everywhere is reached through the loopback. */
export function baseUrl({ HOST, PORT, BASE_PATH }: Config): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[HOST] ?? HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}${BASE_PATH}`;
}

const withoutPassword = (url: string): string => {
  if (!URL.canParse(url)) return 'as set in DATABASE_URL';
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  return shown.href;
};

export type Place = { config: Config; databaseUrl: string; dataDir: string; seconds: number };

/** The lines that `npm start` ends with when everything answers. */
export function summary({ config, databaseUrl, dataDir, seconds }: Place): string {
  const base = baseUrl(config);
  const rows: [string, string][] = [
    ['API', base],
    ['Docs', `${base}/docs`],
    ['Health', `${base}/readyz`],
    ['Metrics', `${base}/metrics`],
  ];
  if (config.NODE_ENV !== 'production')
    rows.push(['Operator', `Authorization: Bearer ${config.OPERATOR_TOKEN}`]);
  rows.push(
    // The password of somebody else's database is not ours to print.
    ['Postgres', config.DATABASE_URL ? withoutPassword(databaseUrl) : databaseUrl],
    [
      'Rows',
      `${dataDir === '.data' ? '' : `DATA_DIR=${dataDir} `}npm run sql -- "select * from applications"`,
    ],
    ['Data', `${dataDir}/`],
    ['Logs', `${dataDir}/logs/`],
    ['Stop', 'Ctrl-C'],
  );
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`);
  return `\nAnteroom is ready (${seconds.toFixed(1)} s).\n\n${lines.join('\n')}\n`;
}
