// Every setting of every process: type, default and one line of documentation, declared once.
// The README's configuration table is printed from here and a test keeps it so.
import { type Static, Type } from 'typebox';

/** A span of time, written `90`, `90s`, `15m`, `1h` or `2d` (a bare number is seconds); read as seconds. */
const duration = (preset: string, most: string, description: string) =>
  Type.Unsafe<number>({
    type: 'string',
    pattern: '^[1-9]\\d{0,8}(s|m|h|d)?$',
    default: preset,
    description,
    kind: 'duration',
    most,
  });

/** A comma-separated list; read as an array without empty items. */
const list = (preset: string, description: string) =>
  Type.Unsafe<string[]>({ type: 'string', default: preset, description, kind: 'list' });

const flag = (preset: boolean, description: string) => Type.Boolean({ default: preset, description });
const text = (preset: string, description: string, rest: object = {}) =>
  Type.String({ default: preset, description, ...rest });
const whole = (preset: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: preset, minimum, maximum, description });

export const settings = {
  NODE_ENV: Type.Unsafe<'development' | 'production' | 'test'>({
    type: 'string',
    enum: ['development', 'production', 'test'],
    default: 'development',
    description: 'In `production`, a missing secret stops the start.',
  }),
  PORT: whole(8000, 0, 65_535, 'Port of the API.'),
  HOST: text('127.0.0.1', 'Address the API listens on; `0.0.0.0` in images.'),
  BASE_PATH: text('', 'Path under which every route is served, such as `/chat`.', {
    pattern: '^(/[A-Za-z0-9._~-]+)*$',
  }),
  DATA_DIR: text(
    '.data',
    'Folder of the embedded stores, generated secrets and what they need between runs.',
  ),
  DATABASE_URL: text('', 'Postgres, version 15 or later; `npm start` runs an embedded one when unset.', {
    pattern: '^(postgres(ql)?://.+)?$',
  }),
  REDIS_URL: text(
    '',
    'Redis or Valkey, version 7 or later, `noeviction`; `npm start` runs a private one when unset.',
    {
      pattern: '^(rediss?://.+)?$',
    },
  ),
  REDIS_PREFIX: text('anteroom', 'First part of every Redis key, so that deployments can share a Redis.', {
    pattern: '^[A-Za-z0-9_.-]{1,40}$',
  }),
  SHARDS: whole(
    1,
    1,
    256,
    'Over how many shards new applications spread. May grow; a smaller value is refused.',
  ),
  JWT_SECRET: text(
    '',
    'Signs access tokens, at least 32 characters. Generated under `DATA_DIR` outside production.',
    {
      pattern: '^(.{32,})?$',
      secret: true,
    },
  ),
  OPERATOR_TOKEN: text(
    '',
    'A bearer accepted as an operator, at least 16 characters. Generated outside production.',
    {
      pattern: '^(\\S{16,})?$',
      secret: true,
    },
  ),
  OPEN_SIGNUP: flag(true, 'Whether anyone may create an application; `false` asks for an operator.'),
  RATE_LIMITS: Type.Unsafe<'on' | 'off'>({
    type: 'string',
    enum: ['on', 'off'],
    default: 'on',
    description: '`off` switches every rate limit off.',
  }),
  KEY_RATE: whole(
    0,
    0,
    1_000_000,
    'Chats and messages per second that one application key may create; 0 sets no limit.',
  ),
  KEY_BURST: whole(
    500,
    1,
    1_000_000,
    'Chats and messages that an application key with a limit may create at once.',
  ),
  USER_RATE: whole(
    100,
    0,
    1_000_000,
    'Chats and messages per second that one user may create; 0 sets no limit.',
  ),
  USER_BURST: whole(500, 1, 1_000_000, 'Chats and messages that one user may create at once.'),
  IDEMPOTENCY_WINDOW: duration('1h', '30d', 'How long an `Idempotency-Key` is remembered.'),
  OUTBOX_MAX: whole(
    1_000_000,
    1,
    100_000_000,
    'Entries that may wait in one shard before writes are refused with 503.',
  ),
  OUTBOX_MAX_BYTES: whole(
    1_000_000_000,
    1_000,
    1e12,
    'Bytes that may wait in one shard before writes are refused.',
  ),
  OUTBOX_MAX_AGE: duration(
    '1h',
    '30d',
    'How long the oldest entry of a shard may wait before writes are refused.',
  ),
  RECONCILE_CRON: text(
    '*/10 * * * * *',
    'When `chats_count` and `message_count` are reconciled (cron, with seconds).',
  ),
  DATABASE_POOL: whole(10, 2, 200, 'Postgres connections of one process.'),
  SEARCH_POOL: whole(4, 1, 100, 'Postgres connections of one API process that serve only searches.'),
  SEARCH_TIMEOUT: duration('2s', '10s', 'When a search is given up.'),
  WORKER_CONCURRENCY: whole(4, 1, 64, 'Shards that one worker persists at the same time.'),
  WORKER_PORT: whole(
    0,
    0,
    65_535,
    'Port of a worker’s or scheduler’s own `/healthz` and `/metrics`; 0 for none.',
  ),
  SHUTDOWN_GRACE: duration('25s', '1h', 'When a process that was asked to stop stops anyway.'),
  TRUST_PROXY: whole(
    0,
    0,
    10,
    'How many proxies in front of the API may name the client in `X-Forwarded-For`.',
  ),
  CORS_ORIGINS: list('', 'Origins whose pages may call the API, comma-separated; `*` for any.'),
  LOG_LEVEL: Type.Unsafe<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'>({
    type: 'string',
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    description: 'Least severe log line that is written; `debug` adds a line for every request.',
  }),
};

/** The settings as a process sees them: typed, complete, frozen. Durations are seconds, lists are arrays. */
export type Config = Readonly<Static<typeof configSchema>>;

export const configSchema = Type.Object(settings);

/** Settings without which no production process starts. */
export const productionSecrets = ['JWT_SECRET', 'OPERATOR_TOKEN'] as const;
