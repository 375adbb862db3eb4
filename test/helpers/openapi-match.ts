// Holds an answer against the OpenAPI document of the server that gave it.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }>; $ref?: string }>;
}

export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { responses?: Record<string, Operation['responses'][string]> };
}

export interface SeenAnswer {
  method: string;
  /** Below the base path, without its query. */
  path: string;
  status: number;
  contentType: string;
  body: unknown;
}

const ROOT = 'https://anteroom.test/openapi.json';

/** A literal path wins over a template, as in the router. */
function findPath(document: ApiDocument, path: string): string | undefined {
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
  const fitting = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(plain),
  );
  return fitting.sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

export function createMatcher(document: ApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: ROOT });
  const compiled = new Map<object, ValidateFunction>();

  const check = (where: string, schema: object, body: unknown) => {
    const valid =
      compiled.get(schema) ?? ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${ROOT}#/`)));
    compiled.set(schema, valid);
    if (!valid(body)) throw new Error(`${where} does not fit the document: ${ajv.errorsText(valid.errors)}`);
  };

  /** @throws Error when the document does not know this answer, or says that it looks otherwise */
  return (seen: SeenAnswer): void => {
    const where = `${seen.method} ${seen.path} → ${seen.status}`;
    const template = findPath(document, seen.path);
    const operation = template && document.paths[template]?.[seen.method.toLowerCase()];
    if (!operation) {
      checkUnknown(where, seen);
      return;
    }
    let response = operation.responses[seen.status] ?? operation.responses.default;
    if (response?.$ref) response = document.components.responses?.[response.$ref.split('/').at(-1) ?? ''];
    if (!response) throw new Error(`${where} is not in the document`);
    const content = response.content?.[seen.contentType.split(';')[0] ?? ''];
    if (!content && seen.body !== undefined && seen.body !== '')
      throw new Error(`${where}: ${seen.contentType} is not in the document`);
    if (content?.schema) check(where, content.schema, seen.body);
  };
}

/** Answers of paths that are not in the document are problems. */
function checkUnknown(where: string, { status, contentType, body }: SeenAnswer): void {
  if (status === 204 || contentType.startsWith('text/html')) return;
  const problem = body as { status?: number; code?: string; request_id?: string };
  if (status < 400 || problem?.status !== status || !problem.code || !problem.request_id)
    throw new Error(`${where} is neither in the document nor a problem`);
}
