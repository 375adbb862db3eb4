import { Model } from 'objection';

export type ChatStatus = 'open' | 'bot' | 'waiting' | 'assigned' | 'closed';

export class Chat extends Model {
  static override tableName = 'chats';

  id!: number;
  app_token!: string;
  number!: number;
  subject!: string | null;
  character_id!: string | null;
  metadata!: Record<string, unknown>;
  status!: ChatStatus;
  open!: boolean;
  labels!: string[];
  owner_type!: 'character' | 'agent' | null;
  owner_id!: string | null;
  owner_version!: number;
  customer_id!: string | null;
  message_count!: number;
  last_message_number!: number;
  counted_through!: number;
  void!: boolean;
  created_at!: Date;
  updated_at!: Date;
  last_activity_at!: Date;
}
