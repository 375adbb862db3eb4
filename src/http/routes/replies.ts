// Pieces that several routes' answers share.

/** Headers of a 201: where the new thing is, and whether this is the answer of an earlier request. */
export function replayHeaders(replayed: boolean, location: string, basePath: string): Record<string, string> {
  const headers: Record<string, string> = { Location: `${basePath}${location}` };
  if (replayed) headers['Idempotent-Replayed'] = 'true';
  return headers;
}

/** Splits rows that were asked for with one more than the page holds. */
export function nextCursor<Row>(rows: Row[], limit: number, encode: (last: Row) => string) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? encode(last) : null };
}
