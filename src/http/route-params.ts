// Parameters of a path. Whatever is not a possible name of a thing answers 404, as any unknown thing does.
import { type TSchema, Type } from 'typebox';
import { notFound } from '../lib/errors.ts';
import { number, token } from './schemas/common.ts';
import { compile } from './validate.ts';

const short = Type.String({ minLength: 1, maxLength: 200 });

/** Parameters known by their names on every path. */
const known: Record<string, TSchema> = { token, number, n: number };

export interface ParamSpec {
  name: string;
  schema: TSchema;
}

/** The parameters of a path in order: the route's own schema first, then the names known everywhere. */
export function paramsOf(path: string, params: TSchema): ParamSpec[] {
  const own = (params as { properties?: Record<string, TSchema> }).properties ?? {};
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    schema: own[name] ?? known[name] ?? short,
  }));
}

const isNumeric = (schema: TSchema) => (schema as { type?: string }).type === 'integer';

/** At most ten digits and no leading zero: one spelling for each number. */
const asNumber = (text: string): number => (/^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN);

/** Compiles the check of a path's parameters; numbers are converted in place. */
export function createParamsReader(
  path: string,
  schema: TSchema,
): (params: Record<string, string>) => Record<string, unknown> {
  const specs = paramsOf(path, schema).map((spec) => ({
    name: spec.name,
    numeric: isNumeric(spec.schema),
    fits: compile(spec.schema),
  }));
  return (params) => {
    const result: Record<string, unknown> = params;
    for (const { name, numeric, fits } of specs) {
      const value = numeric ? asNumber(params[name] ?? '') : params[name];
      if (!fits(value)) throw notFound(name === 'token' ? 'application' : 'resource');
      result[name] = value;
    }
    return result;
  };
}
