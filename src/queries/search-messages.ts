// Words and parts of words in message bodies, without case, by the trigram index of the application.
import type { Knex } from 'knex';

export interface SearchScope {
  token: string;
  /** Null for the whole application. */
  chat: number | null;
  onlyFor: string;
}

export interface SearchHit {
  id: number;
  chat_number: number;
  number: number;
  body: string;
  author_type: string;
  author_id: string | null;
  author_name: string | null;
  created_at: Date;
  updated_at: Date;
  edited_at: Date | null;
  deleted_at: null;
}

/** The words of a query; all must match. */
export const wordsOf = (q: string): string[] => [...new Set(q.split(/\s+/u).filter(Boolean))];

const likePattern = (word: string): string => `%${word.replace(/[\\%_]/g, '\\$&')}%`;

/** Newest first. Sees what is persisted; deleted and void messages are never found. */
export const searchMessages =
  (deps: { searchKnex: Knex }) =>
  async (scope: SearchScope, q: string, limit: number, beforeId: number | null): Promise<SearchHit[]> => {
    const { searchKnex: knex } = deps;
    // Materialized: else the planner may walk the newest messages of everybody in the hope of a soon match.
    const hits = knex('messages as m')
      .join('chats as c', 'c.id', 'm.chat_id')
      .where('m.app_id', knex('applications').select('id').where({ token: scope.token }))
      .whereNotNull('m.body')
      .select('m.*', 'c.number as chat_number')
      .modify((query) => {
        for (const word of wordsOf(q)) query.whereILike('m.body', likePattern(word));
        if (beforeId !== null) query.where('m.id', '<', beforeId);
        if (scope.chat !== null)
          query.where(
            'm.chat_id',
            knex('chats').select('id').where({ app_token: scope.token, number: scope.chat }),
          );
        if (scope.onlyFor !== '')
          query.where((own) => own.where('c.open', true).orWhere('c.customer_id', scope.onlyFor));
      });
    return knex.withMaterialized('hits', hits).from('hits').select('*').orderBy('id', 'desc').limit(limit);
  };

/** Where the words stand in a body: [start, end) in code points, ascending, overlapping ones joined. */
export function highlightsOf(body: string, q: string): [number, number][] {
  const spans: [number, number][] = [];
  for (const word of wordsOf(q)) {
    const pattern = new RegExp(word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'), 'giu');
    for (const { index, 0: found } of body.matchAll(pattern)) spans.push([index, index + found.length]);
  }
  spans.sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [start, end] of spans) {
    const last = joined.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return inCodePoints(body, joined);
}

/** Spans in UTF-16 units, ascending and apart, as spans in code points: one walk over the body. */
function inCodePoints(body: string, spans: [number, number][]): [number, number][] {
  let units = 0;
  let points = 0;
  const pointAt = (unit: number): number => {
    for (; units < unit; points++) units += (body.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
    return points;
  };
  return spans.map(([start, end]) => [pointAt(start), pointAt(end)]);
}
