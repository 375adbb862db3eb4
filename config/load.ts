// Reads the environment into a Config. The only place, with its neighbours, that looks at process.env.
import { Ajv, type ErrorObject } from 'ajv';
import cron from 'node-cron';
import { type Config, configSchema, productionSecrets, settings } from './schema.ts';
import { keepSecrets } from './secrets.ts';

/** Everything that is wrong with the environment, one line each. */
export class ConfigError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length} fault(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const secondsPer: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

const ajv = new Ajv({ coerceTypes: true, useDefaults: true, allErrors: true, strict: false });
const validate = ajv.compile(configSchema);

const describe = (error: ErrorObject): string => {
  const name = error.instancePath.slice(1);
  const { kind, description } =
    (settings as Record<string, { kind?: string; description?: string }>)[name] ?? {};
  if (error.keyword === 'enum') return `${name} must be one of ${error.params.allowedValues.join(', ')}`;
  if (kind === 'duration') return `${name} must be a span of time such as 90s, 15m or 1h`;
  if (error.keyword === 'pattern') return `${name} does not have the expected form: ${description}`;
  return `${name} ${error.message}`;
};

const secondsOf = (span: string): number => {
  const [, count, unit] = /^(\d+)(\w?)$/.exec(span) ?? [];
  return Number(count) * (secondsPer[unit ?? ''] ?? 1);
};

/** Timers overflow, and what is kept grows, with spans that nobody means. */
const tooLong = (given: Record<string, unknown>): string[] =>
  Object.entries(settings as Record<string, { most?: string }>)
    .filter(([name, { most }]) => most && secondsOf(String(given[name])) > secondsOf(most))
    .map(([name, { most }]) => `${name} must not be over ${most}`);

/** What no schema can say. */
const misfits = (given: Record<string, unknown>): string[] => [
  ...(cron.validate(String(given.RECONCILE_CRON)) ? [] : ['RECONCILE_CRON must be a cron expression']),
  ...listOf(given.CORS_ORIGINS)
    .filter((origin) => origin !== '*' && !isOrigin(origin))
    .map((origin) => `CORS_ORIGINS must hold origins such as https://example.com, not "${origin}"`),
];

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const listOf = (value: unknown): string[] =>
  String(value)
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

const convert = (name: string, value: unknown): unknown => {
  const { kind } = (settings as Record<string, { kind?: string }>)[name] ?? {};
  if (kind === 'duration') return secondsOf(String(value));
  if (kind === 'list') return listOf(value);
  return value;
};

/**
 * Turns an environment into a Config. An empty variable counts as unset.
 * Outside production, missing secrets are generated once and kept under `DATA_DIR`.
 * @throws ConfigError naming every fault at once
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(settings)) if (env[name]) given[name] = env[name];
  const problems = validate(given) ? [] : (validate.errors ?? []).map(describe);
  problems.push(...tooLong(given), ...misfits(given));
  if (given.NODE_ENV === 'production') {
    for (const name of productionSecrets)
      if (!given[name]) problems.push(`${name} must be set in production`);
  }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const config = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, convert(name, value)]),
  );
  return Object.freeze(keepSecrets(config as Config));
}
