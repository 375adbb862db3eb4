// Reads the reply of reserve.lua; its header says what the lines mean.

export type CallStatus = 'ran' | 'epoch' | 'stale' | 'late' | 'fenced';

export type Verdict =
  | { is: 'ok' | 'replay'; number: number; at: number; kept: string }
  | { is: 'mismatch' }
  | { is: 'hydrate'; what: 'app' | 'chat' | 'idempotency'; lastId: string }
  | { is: 'gone'; what: 'app' | 'chat' }
  | { is: 'full' | 'share'; waiting: number }
  | { is: 'rate'; waitMs: number }
  | { is: 'refused'; why: string };

export interface CallReply {
  status: CallStatus;
  /** Redis time, ms. */
  now: number;
  detail: string;
  verdicts: Verdict[];
}

function decodeVerdict(line: string): Verdict {
  const [is = '', first = '', second = '', third = ''] = line.split(' ', 4);
  switch (is) {
    case 'ok':
    case 'replay':
      return { is, number: Number(first), at: Number(second), kept: third };
    case 'mismatch':
      return { is };
    case 'hydrate':
      return { is, what: first as 'app' | 'chat' | 'idempotency', lastId: second };
    case 'gone':
      return { is, what: first as 'app' | 'chat' };
    case 'full':
    case 'share':
      return { is, waiting: Number(first) };
    case 'rate':
      return { is, waitMs: Number(first) };
    default:
      return { is: 'refused', why: line.slice(is.length + 1) };
  }
}

export function decodeReply(reply: string): CallReply {
  const [first = '', ...lines] = reply.split('\n');
  const [status = '', now = '', ...detail] = first.split(' ');
  return {
    status: status as CallStatus,
    now: Number(now),
    detail: detail.join(' '),
    verdicts: lines.map(decodeVerdict),
  };
}
