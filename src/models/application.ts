import { Model } from 'objection';

/** What an application may set. Each setting is documented and validated in src/http/schemas/application.ts. */
export interface ApplicationSettings {
  greeting?: string;
}

export class Application extends Model {
  static override tableName = 'applications';

  id!: number;
  token!: string;
  name!: string;
  settings!: ApplicationSettings;
  chats_count!: number;
  last_chat_number!: number;
  counted_through!: number;
  void!: boolean;
  created_at!: Date;
  updated_at!: Date;
  deleted_at!: Date | null;
}
