// What stands in an outbox entry. Every kind is one member of the union; workers are exhaustive over it.

/** The newest entry format this code writes and reads. A worker that meets a newer one stops and waits. */
export const ENTRY_VERSION = 1;

/** Chat and message numbers, and the time of acceptance, set by the reserve script. */
interface Stamped {
  number: number;
  /** Redis time in ms, never going back within a shard. */
  at: number;
  request_id: string;
}

export interface ApplicationRecord extends Stamped {
  name: string;
  key_id: string;
}

export interface ChatRecord extends Stamped {
  subject: string | null;
  metadata: Record<string, unknown>;
  open: boolean;
  customer_id: string | null;
  customer_name: string | null;
}

export type AuthorType = 'customer' | 'service_agent' | 'ai' | 'system';

export interface MessageRecord extends Stamped {
  body: string;
  author_type: AuthorType;
  author: { id: string | null; name: string | null } | null;
}

export type DeletionRecord = Stamped;

interface EntryBase {
  /** `<epoch>-<sequence>` */
  id: string;
  token: string;
  /** Bytes appended to the shard in this epoch, this entry included. */
  bytes: number;
  idempotency: { hash: string; fingerprint: string; kept: string } | null;
  /** Entries of the application appended in this epoch, this one included. */
  share: number;
  /** The record as it was appended, for dead letters. */
  raw: string;
}

export interface ApplicationEntry extends EntryBase {
  kind: 'application';
  record: ApplicationRecord;
}
export interface ChatEntry extends EntryBase {
  kind: 'chat';
  record: ChatRecord;
}
export interface MessageEntry extends EntryBase {
  kind: 'message';
  chat: number;
  record: MessageRecord;
}
export interface DeletionEntry extends EntryBase {
  kind: 'deletion';
  record: DeletionRecord;
}

export type Entry = ApplicationEntry | ChatEntry | MessageEntry | DeletionEntry;

const KINDS = new Set<string>(['application', 'chat', 'message', 'deletion'] satisfies Entry['kind'][]);

/** An entry that a newer release wrote. */
export class NewerEntryError extends Error {
  readonly id: string;

  constructor(id: string, what: string) {
    super(`outbox entry ${id} has ${what}, which this worker cannot read. Deploy workers first.`);
    this.name = 'NewerEntryError';
    this.id = id;
  }
}

/** Reads one stream entry as Redis returns it. @throws NewerEntryError */
export function parseEntry(id: string, fields: string[]): Entry {
  let version = '';
  let kind = '';
  let token = '';
  let chat = '0';
  let raw = '';
  let bytes = '0';
  let share = '0';
  let ids = '';
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] ?? '';
    switch (fields[i]) {
      case 'v':
        version = value;
        break;
      case 'k':
        kind = value;
        break;
      case 'a':
        token = value;
        break;
      case 'c':
        chat = value;
        break;
      case 'd':
        raw = value;
        break;
      case 'y':
        bytes = value;
        break;
      case 's':
        share = value;
        break;
      case 'i':
        ids = value;
        break;
    }
  }
  if (version !== String(ENTRY_VERSION)) throw new NewerEntryError(id, `version ${version}`);
  if (!KINDS.has(kind)) throw new NewerEntryError(id, `kind ${kind}`);
  const [hash = '', fingerprint = '', kept = ''] = ids.split(' ');
  return {
    id,
    kind,
    token,
    bytes: Number(bytes),
    share: Number(share),
    idempotency: ids ? { hash, fingerprint, kept } : null,
    raw,
    record: JSON.parse(raw),
    ...(kind === 'message' ? { chat: Number(chat) } : {}),
  } as Entry;
}
