import type { MessageRecord } from '../../outbox/entry.ts';
import type { StoredMessage } from '../../queries/list-messages.ts';
import { highlightsOf, type SearchHit } from '../../queries/search-messages.ts';

/** A message whose row may not exist yet. */
export function presentRecord(chatNumber: number, record: MessageRecord) {
  const created = new Date(record.at).toISOString();
  return {
    number: record.number,
    chat_number: chatNumber,
    body: record.body,
    author_type: record.author_type,
    author: record.author,
    created_at: created,
    updated_at: created,
    edited_at: null,
    deleted_at: null,
  };
}

type Row = Omit<SearchHit, 'id' | 'chat_number' | 'body' | 'deleted_at'> & {
  body: string | null;
  deleted_at: Date | null;
};

export const presentRow = (chatNumber: number, row: Row) => ({
  number: row.number,
  chat_number: chatNumber,
  body: row.body,
  author_type: row.author_type,
  author:
    row.author_id === null && row.author_name === null ? null : { id: row.author_id, name: row.author_name },
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  edited_at: row.edited_at?.toISOString() ?? null,
  deleted_at: row.deleted_at?.toISOString() ?? null,
});

export const presentMessage = (chatNumber: number, message: StoredMessage) =>
  message.is === 'row' ? presentRow(chatNumber, message.row) : presentRecord(chatNumber, message.record);

export const presentHit = (hit: SearchHit, q: string) => ({
  ...presentRow(hit.chat_number, hit),
  highlights: highlightsOf(hit.body, q),
});
