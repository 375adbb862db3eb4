// Turns a batch of requests into the KEYS and ARGV of reserve.lua.
import type { ShardKeys } from '../storage/keys.ts';
import type { Reserved, ReserveRequest } from './request.ts';

/** One request on its way through the batcher. */
export interface Pending {
  request: ReserveRequest;
  /** The record without its opening brace, as the script completes it. */
  record: string;
  bytes: number;
  /** The epoch in which Postgres was asked for the idempotency key and knew nothing. */
  lookedUpIn: number | null;
  attempts: number;
  resolve: (answer: Reserved) => void;
  reject: (error: Error) => void;
}

export interface CallHead {
  epoch: number;
  process: string;
  sequence: number;
  /** Redis time in ms. */
  deadline: number;
  maxEntries: number;
  maxBytes: number;
  windowSeconds: number;
  idleSeconds: number;
  maxAgeMs: number;
}

/** KEYS are collected once each; requests point at them by index. */
class KeyTable {
  readonly keys: string[];
  readonly #index = new Map<string, number>();

  constructor(fixed: string[]) {
    this.keys = fixed;
  }

  add(key: string): number {
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    this.#index.set(key, this.keys.push(key));
    return this.keys.length;
  }
}

export function encodeBatch(names: ShardKeys, head: CallHead, batch: Pending[]) {
  const table = new KeyTable([names.epoch, names.outbox, names.slot(head.process), names.gauge]);
  const args: (string | number)[] = [
    head.epoch,
    head.sequence,
    head.deadline,
    head.maxEntries,
    head.maxBytes,
    head.windowSeconds,
    head.idleSeconds,
    head.maxAgeMs,
  ];
  for (const { request, record, lookedUpIn } of batch) {
    const { kind, token, chat, idempotency, rate } = request;
    const isMessage = kind === 'message';
    args.push(
      kind,
      token,
      table.add(names.app(token)),
      isMessage ? table.add(names.chat(token, chat)) : 0,
      isMessage ? table.add(names.tail(token, chat)) : 0,
      table.add(names.fresh(token)),
      chat,
      idempotency ? table.add(names.idempotency(idempotency.hash)) : 0,
      idempotency ? `${idempotency.hash} ${idempotency.fingerprint}` : '',
      lookedUpIn === head.epoch ? 1 : 0,
      rate ? table.add(names.rate(rate.principal)) : 0,
      rate ? rate.intervalMs : 0,
      rate ? rate.intervalMs * rate.burst : 0,
      request.customer,
      request.kept,
      record,
    );
  }
  return { keys: table.keys, args };
}
