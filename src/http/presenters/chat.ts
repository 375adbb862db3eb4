import type { Chat } from '../../models/chat.ts';
import type { ChatRecord } from '../../outbox/entry.ts';

export const presentChat = (chat: Chat) => ({
  number: chat.number,
  app_token: chat.app_token,
  subject: chat.subject,
  character_id: chat.character_id,
  metadata: chat.metadata,
  status: chat.status,
  open: chat.open,
  labels: chat.labels,
  owner: chat.owner_type && chat.owner_id ? { type: chat.owner_type, id: chat.owner_id } : null,
  owner_version: chat.owner_version,
  customer: chat.customer_id === null ? null : { id: chat.customer_id, name: null },
  message_count: chat.message_count,
  created_at: chat.created_at.toISOString(),
  updated_at: chat.updated_at.toISOString(),
  last_activity_at: chat.last_activity_at.toISOString(),
});

/** A chat whose row may not exist yet. */
export function presentNewChat(token: string, record: ChatRecord) {
  const created = new Date(record.at).toISOString();
  return {
    number: record.number,
    app_token: token,
    subject: record.subject,
    character_id: null,
    metadata: record.metadata,
    status: 'open',
    open: record.open,
    labels: [],
    owner: null,
    owner_version: 0,
    customer: record.customer_id === null ? null : { id: record.customer_id, name: record.customer_name },
    message_count: 0,
    created_at: created,
    updated_at: created,
    last_activity_at: created,
  };
}
