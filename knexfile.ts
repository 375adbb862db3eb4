import { knexConfig } from './config/database.ts';
import { loadConfig } from './config/load.ts';

export default knexConfig(loadConfig().DATABASE_URL);
