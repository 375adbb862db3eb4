// Logical ids: `<epoch>-<sequence>`. The epoch comes from Postgres and only rises; the sequence counts from 0.

export interface EntryId {
  epoch: number;
  sequence: number;
}

/** The id before every entry. */
export const BEFORE_ALL = '0-0';

export function parseId(id: string): EntryId {
  const dash = id.indexOf('-');
  return { epoch: Number(id.slice(0, dash)), sequence: Number(id.slice(dash + 1)) };
}

/** Negative, zero or positive, as for sort(). */
export function compareIds(a: string, b: string): number {
  const left = parseId(a);
  const right = parseId(b);
  return left.epoch - right.epoch || left.sequence - right.sequence;
}

/** The only id that may follow `last` in the given epoch: sequences have no gaps. */
export function nextId(last: string, epoch: number): string {
  const { epoch: lastEpoch, sequence } = parseId(last);
  return lastEpoch === epoch ? `${epoch}-${sequence + 1}` : `${epoch}-0`;
}
