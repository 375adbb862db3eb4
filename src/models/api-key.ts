import { Model } from 'objection';

export class ApiKey extends Model {
  static override tableName = 'api_keys';

  id!: string;
  app_token!: string;
  name!: string | null;
  created_at!: Date;
}
