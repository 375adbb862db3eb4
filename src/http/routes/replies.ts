// Pieces that several routes' answers share.

/** Says of a 201 that it is the answer of an earlier request with the same key. */
export const replayHeader = (replayed: boolean): Record<string, string> =>
  replayed ? { 'Idempotent-Replayed': 'true' } : {};

/** Headers of a 201 whose new thing can be got: where it is, and whether an earlier request made it. */
export const createdHeaders = (
  replayed: boolean,
  location: string,
  basePath: string,
): Record<string, string> => ({
  Location: `${basePath}${location}`,
  ...replayHeader(replayed),
});

/** Splits rows that were asked for with one more than the page holds. */
export function nextCursor<Row>(rows: Row[], limit: number, encode: (last: Row) => string) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? encode(last) : null };
}
