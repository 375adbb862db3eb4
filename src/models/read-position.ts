import { Model } from 'objection';

export class ReadPosition extends Model {
  static override tableName = 'read_positions';

  chat_id!: number;
  reader!: string;
  number!: number;
  updated_at!: Date;
}
