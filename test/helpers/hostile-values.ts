// Values that no schema here asks for, by JSON type, and texts that look like something else.
import type { JsonSchema } from './operations.ts';

/** As JSON text, since half of them are no JavaScript value. */
const valuesByType: Record<string, string[]> = {
  null: ['null'],
  boolean: ['true', 'false'],
  integer: ['7'],
  number: ['1.5', '1e-7', '-2.25'],
  string: ['"text"', '""', '"1"', '"true"', '"null"', '"[object Object]"'],
  array: ['[]', '["text"]', '[1]', '[{}]', '[[]]', '[null]'],
  object: ['{}', '{"length":1}', '{"$gt":""}', '{"toString":1}'],
};

/** Numbers out of every range: none is a number of anything here. */
export const extremeNumbers = [
  '1e999',
  '-1e999',
  '-1',
  '9007199254740993',
  '18446744073709551616',
  '1e308',
  '5e-324',
];

/** The JSON types a schema lets through. */
function typesOf(schema: JsonSchema): Set<string> {
  if (schema.anyOf) return new Set(schema.anyOf.flatMap((one) => [...typesOf(one)]));
  const types = new Set(Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any']);
  if (types.has('number')) types.add('integer');
  return types;
}

export const takes = (schema: JsonSchema, type: string): boolean => typesOf(schema).has(type);

/** JSON texts of every type that the schema does not take. */
export const wrongTypes = (schema: JsonSchema): string[] =>
  Object.entries(valuesByType).flatMap(([type, values]) => (takes(schema, type) ? [] : values));

/** As JSON text: strings that no database and no text can hold. */
export const impossibleStrings = ['"a\\u0000b"', '"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"a\\ud83e"'];

/** Fields that somebody might hope to set along the way. */
export const stowaways = [
  ...['id', 'token', 'app_token', 'tenantId', 'balance', 'role', 'number', 'status', 'owner', 'created_at'],
  ...[
    'deleted_at',
    'chats_count',
    'void',
    'isAdmin',
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    '',
  ],
];

export const injections = [
  `' OR '1'='1`,
  `'; DROP TABLE messages; --`,
  `1; SELECT pg_sleep(5)`,
  `" UNION SELECT * FROM api_keys --`,
  `$1`,
  `?`,
  `:token`,
  `\\'; --`,
  `%' ESCAPE '!`,
  `{{7*7}}`,
  `\${7*7}`,
  `../../../../etc/passwd`,
  `\r\nSet-Cookie: a=b`,
  `*) | nc`,
  `EVAL "return 1" 0`,
];
