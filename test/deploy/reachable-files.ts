// What a process may load: every file and package that its entry file leads to, types left out.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from '@swc/core';

export interface Reachable {
  /** Paths below the root: modules, and what they read beside themselves. */
  files: Set<string>;
  /** Names of packages, each with a file that imports it. */
  packages: Map<string, string>;
}

// The syntax tree is walked without its types: a handful of kinds of node matter here.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Node = any;

const literal = (node: Node): string | undefined =>
  node?.type === 'StringLiteral' ? (node.value as string) : undefined;

const isImportMetaUrl = (node: Node): boolean =>
  node?.type === 'MemberExpression' && node.object?.type === 'MetaProperty' && node.property?.value === 'url';

/** `createRequire(…).resolve('a-package/file')` */
const isRequireResolve = ({ callee }: Node): boolean =>
  callee?.property?.value === 'resolve' && callee.object?.callee?.value === 'createRequire';

/** What one node asks for: module specifiers, and paths beside the module. */
function asksFor(node: Node): string[] {
  if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type))
    return node.typeOnly || !node.source ? [] : [node.source.value];
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return [];
  const args: Node[] = (node.arguments ?? []).map(({ expression }: Node) => expression);
  if (node.callee?.type === 'Import' || isRequireResolve(node))
    return [literal(args[0]) ?? ''].filter(Boolean);
  if (!args.some(isImportMetaUrl)) return [];
  return args.map(literal).filter((path) => path !== undefined && /^\.{1,2}\//.test(path)) as string[];
}

const walk = (node: Node, found: string[]): string[] => {
  if (Array.isArray(node)) for (const item of node) walk(item, found);
  else if (node && typeof node === 'object') {
    if (typeof node.type === 'string') found.push(...asksFor(node));
    for (const value of Object.values(node)) if (value && typeof value === 'object') walk(value, found);
  }
  return found;
};

/** The specifiers that a module's source leads to. */
export const specifiersOf = (source: string): string[] =>
  walk(parseSync(source, { syntax: 'typescript', target: 'es2022' }).body, []);

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/**
 * Follows imports from the entry files, folder references (migrations, seeds) included.
 * @throws Error when a file that is asked for does not exist
 */
export function reachableFrom(entries: string[], root = '.'): Reachable {
  const found: Reachable = { files: new Set(), packages: new Map() };
  const visit = (path: string): void => {
    if (found.files.has(path)) return;
    if (statSync(join(root, path)).isDirectory()) {
      for (const name of readdirSync(join(root, path))) visit(join(path, name));
      return;
    }
    found.files.add(path);
    if (!path.endsWith('.ts')) return;
    for (const specifier of specifiersOf(readFileSync(join(root, path), 'utf8'))) {
      const target = normalize(join(dirname(path), specifier));
      // A reference to the root itself only says where the project lies.
      if (specifier.startsWith('.')) /^\.\/?$/.test(target) || visit(target);
      else if (!isBuiltin(specifier)) found.packages.set(packageOf(specifier), path);
    }
  };
  for (const entry of entries) visit(entry);
  return found;
}
