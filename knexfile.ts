export { default } from './config/database.ts';
