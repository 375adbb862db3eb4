// What the write path should do, in memory: the model that the property test holds the stores against.
import { randomUUID } from 'node:crypto';
import type { ReserveIdempotency } from '../../src/reserve/request.ts';

export interface ModelChat {
  open: boolean;
  customer: string;
  /** By number, from 1. */
  messages: string[];
  activeAt: number;
}

export interface ModelApplication {
  token: string;
  deleted: boolean;
  chats: ModelChat[];
}

interface Kept {
  fingerprint: string;
  number: number;
}

export type Expected = { is: 'ok' | 'replay'; number: number } | { is: 'not_found' | 'idempotency_mismatch' };

export class Model {
  readonly applications: ModelApplication[] = [];
  readonly keys = new Map<string, Kept>();
  readonly #run = randomUUID().replaceAll('-', '').slice(0, 30);

  /** The key of a slot; its two variants are two different requests. */
  idempotency(key: { slot: number; variant: number } | null): ReserveIdempotency | null {
    if (!key) return null;
    const hash = this.#run + key.slot.toString(16).padStart(2, '0');
    return { hash, fingerprint: (key.variant === 0 ? 'a' : 'b').repeat(32) };
  }

  /** What an earlier request with the key decides, if there was one. */
  #known(idempotency: ReserveIdempotency | null): Expected | null {
    const kept = idempotency && this.keys.get(idempotency.hash);
    if (!kept) return null;
    if (kept.fingerprint !== idempotency.fingerprint) return { is: 'idempotency_mismatch' };
    return { is: 'replay', number: kept.number };
  }

  #done(idempotency: ReserveIdempotency | null, number: number): Expected {
    if (idempotency) this.keys.set(idempotency.hash, { fingerprint: idempotency.fingerprint, number });
    return { is: 'ok', number };
  }

  chat(app: ModelApplication | null, chat: ModelChat, idempotency: ReserveIdempotency | null): Expected {
    if (!app || app.deleted) return { is: 'not_found' };
    const known = this.#known(idempotency);
    if (known) return known;
    return this.#done(idempotency, app.chats.push(chat));
  }

  message(
    app: ModelApplication | null,
    to: { chat: number; customer: string; body: string },
    idempotency: ReserveIdempotency | null,
  ): Expected {
    if (!app || app.deleted) return { is: 'not_found' };
    const known = this.#known(idempotency);
    if (known) return known;
    const chat = app.chats[to.chat - 1];
    if (!chat) return { is: 'not_found' };
    if (to.customer !== '' && !chat.open && chat.customer !== to.customer) return { is: 'not_found' };
    return this.#done(idempotency, chat.messages.push(to.body));
  }
}
