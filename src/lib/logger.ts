import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on stdout; whatever could hold a secret or a message's words is cut out wherever it appears. */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    redact: {
      paths: [
        'authorization',
        'token',
        'access_token',
        'password',
        'body',
        'secret',
        '*.authorization',
        '*.token',
      ].concat(['*.access_token', '*.password', '*.body', '*.secret']),
      censor: '[redacted]',
    },
    serializers: { err: pino.stdSerializers.err },
  });
}
