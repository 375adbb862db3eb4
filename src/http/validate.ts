// ajv, set up once: schemas are compiled when routes are registered, never while a request waits.
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { type FieldError, ProblemError } from '../lib/errors.ts';
import { pointerStep } from './checks.ts';

// Nothing is coerced and nothing dropped: what does not fit is refused. `useDefaults` fills what was left out.
const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: true, strictRequired: false });
addFormats.default(ajv, ['uuid', 'date-time', 'date', 'email', 'uri', 'uri-reference']);

/** As many faults as one answer lists; a body can hold a hundred thousand unknown fields. */
const MAX_FAULTS = 20;

type Json = Record<string, unknown>;

const isSchema = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/**
 * Returns the schema with every object closed: fields that it does not name are refused, even where the author
 * forgot to say so. An object that is meant to be open says `additionalProperties: true`.
 */
export function closed(schema: unknown, within = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => closed(item, within));
  if (!isSchema(schema)) return schema;
  const result: Json = {};
  for (const [key, value] of Object.entries(schema)) result[key] = closeMember(key, value);
  const open = 'additionalProperties' in schema || 'unevaluatedProperties' in schema;
  if ('allOf' in schema && !within && !open) return { ...result, unevaluatedProperties: false };
  return schema.type === 'object' && !open && !within ? { ...result, additionalProperties: false } : result;
}

function closeMember(key: string, value: unknown): unknown {
  if (key === 'properties' || key === 'patternProperties')
    return Object.fromEntries(Object.entries(value as Json).map(([name, item]) => [name, closed(item)]));
  // The parts of an intersection must not refuse each other's fields; the whole is closed instead.
  if (key === 'allOf') return closed(value, true);
  return ['items', 'anyOf', 'oneOf', 'prefixItems', 'not'].includes(key) ? closed(value) : value;
}

const messages: Partial<Record<string, (error: ErrorObject) => string>> = {
  additionalProperties: () => 'is not a known field',
  unevaluatedProperties: () => 'is not a known field',
  required: () => 'is required',
  minLength: ({ params }) =>
    params.limit === 1 ? 'must not be empty' : `must have at least ${params.limit} characters`,
  maxLength: ({ params }) => `must have at most ${params.limit} characters`,
  uniqueItems: () => 'must not hold the same item twice',
  const: (error) => `must be ${JSON.stringify(error.params.allowedValue)}`,
  enum: (error) => `must be one of ${error.params.allowedValues.join(', ')}`,
  pattern: (error) =>
    error.params.pattern === '\\S'
      ? 'must have at least one non-space character'
      : `must match ${error.params.pattern}`,
};

function describe(error: ErrorObject, root: string): FieldError {
  const { additionalProperty, unevaluatedProperty, missingProperty } = error.params;
  const extra = additionalProperty ?? unevaluatedProperty ?? missingProperty;
  const path = root + error.instancePath + (extra === undefined ? '' : `/${pointerStep(extra)}`);
  return { path, message: messages[error.keyword]?.(error) ?? error.message ?? 'is not valid' };
}

/** One entry per place. The branches of a union are told as alternatives, without ajv's own summary of them. */
function describeAll(errors: ErrorObject[], root: string): FieldError[] {
  const places = new Map<string, Set<string>>();
  for (const error of errors) {
    const { path, message } = describe(error, root);
    const told = places.get(path) ?? new Set();
    if (!['anyOf', 'oneOf'].includes(error.keyword) || told.size === 0) told.add(message);
    places.set(path, told);
    if (places.size === MAX_FAULTS) break;
  }
  return [...places].map(([path, told]) => ({ path, message: [...told].join(' or ') }));
}

/** Compiles a closed schema into a test of values, as the parameters of a path need it. */
export const compile = (schema: TSchema): ((value: unknown) => boolean) =>
  ajv.compile(closed(schema) as TSchema) as (value: unknown) => boolean;

/**
 * Compiles a schema into a check that fills defaults in, and refuses what does not fit with every fault at its
 * JSON pointer below `root` (`/body` or `/query`).
 */
export function createCheck(schema: TSchema, root: string): (value: unknown) => void {
  const fits = ajv.compile(closed(schema) as TSchema);
  return (value) => {
    if (fits(value)) return;
    const errors = describeAll(fits.errors ?? [], root);
    const [first] = errors;
    throw new ProblemError('validation_failed', `${first?.path} ${first?.message}`, { errors });
  };
}
