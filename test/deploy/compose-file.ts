import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string | number | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  ports?: string[];
  volumes?: string[];
  restart?: string;
  stop_grace_period?: string;
  container_name?: string;
  read_only?: boolean;
}

export interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

const file = readFileSync('docker-compose.yaml', 'utf8');

/** Matches `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
const variable = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** The compose file as it stands, anchors and merges resolved, variables not. */
export const composeFile = (): ComposeFile => parse(file, { merge: true });

/** The variables without which compose refuses to start, with what it says then. */
export const requiredVariables = (): Map<string, string> =>
  new Map(
    [...file.matchAll(variable)]
      .filter(([, , kind]) => kind === '?')
      .map(([, name, , message]) => [name!, message!]),
  );

/**
 * A text with its variables filled in as compose does it.
 * @throws Error when a required one is missing
 */
export const fill = (text: string, values: Record<string, string>): string =>
  text.replace(variable, (_, name: string, kind: string | undefined, word = '') => {
    if (values[name]) return values[name];
    if (kind === '-') return word;
    throw new Error(`required variable ${name} is missing a value: ${word}`);
  });

/** The environment of a service's container, the image's own left out. */
export function environmentOf(service: Service, values: Record<string, string>): Record<string, string> {
  const given = Object.entries(service.environment ?? {}).map(
    ([name, value]) => [name, value === null ? (values[name] ?? '') : fill(String(value), values)] as const,
  );
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** Values that satisfy what is required. */
export const exampleValues = (): Record<string, string> =>
  Object.fromEntries(
    [...requiredVariables().keys()].map((name) => [name, name.toLowerCase().padEnd(40, 'x')]),
  );
