// @koa/router with an index: it would try the regexp of every route on every request, here only those of one path.
import Router, { type Layer, type MatchResult } from '@koa/router';

interface Node {
  fixed: Map<string, Node>;
  param: Node | null;
  layers: Layer[];
}

const node = (): Node => ({ fixed: new Map(), param: null, layers: [] });

function child(parent: Node, segment: string): Node {
  if (segment.startsWith(':')) {
    parent.param ??= node();
    return parent.param;
  }
  const next = parent.fixed.get(segment) ?? node();
  parent.fixed.set(segment, next);
  return next;
}

/** Layers of the path from `start` on; a fixed segment is tried before a parameter. Empty for none. */
function find(at: Node, path: string, start: number): Layer[] {
  if (start >= path.length) return at.layers;
  const slash = path.indexOf('/', start);
  const end = slash === -1 ? path.length : slash;
  if (end === start) return [];
  const fixed = at.fixed.get(path.slice(start, end));
  const found = fixed ? find(fixed, path, end + 1) : [];
  return found.length > 0 || at.param === null ? found : find(at.param, path, end + 1);
}

/** A router whose `match` walks the segments of a path; everything else is @koa/router's. */
export class IndexedRouter extends Router {
  readonly #root = node();

  /** Takes up the layers registered so far; called once, after the last one. */
  index(): void {
    for (const layer of this.stack as Layer[]) {
      const segments = String(layer.path).split('/').slice(1);
      let at = this.#root;
      for (const segment of segments) if (segment !== '') at = child(at, segment);
      at.layers.push(layer);
    }
  }

  override match(path: string, method: string): MatchResult {
    const layers = find(this.#root, path, 1);
    const result: MatchResult = { path: layers.slice(), pathAndMethod: [], route: false };
    const layer = layers.find(({ methods }) => methods.includes(method));
    if (layer) {
      result.pathAndMethod.push(layer);
      result.route = true;
    }
    return result;
  }
}
