export type RedisServer = { file: string; version: string; usable: boolean };
export const oldestRedis: number;
export function findOnPath(name: string, path?: string): string | null;
export function findRedisServer(path?: string): RedisServer | null;
