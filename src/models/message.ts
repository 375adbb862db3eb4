import { Model } from 'objection';
import type { AuthorType } from '../outbox/entry.ts';

export class Message extends Model {
  static override tableName = 'messages';

  id!: number;
  chat_id!: number;
  app_id!: number;
  number!: number;
  body!: string | null;
  author_type!: AuthorType;
  author_id!: string | null;
  author_name!: string | null;
  void!: boolean;
  created_at!: Date;
  updated_at!: Date;
  persisted_at!: Date;
  edited_at!: Date | null;
  deleted_at!: Date | null;
}
