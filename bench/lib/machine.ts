// What a result was measured on: without it no number means anything.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { Redis } from 'ioredis';
import { withClient } from '../../scripts/lib/postgres-client.ts';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  platform: string;
  node: string;
  redis: string;
  postgres: string;
  commit: string | null;
  /** Over the last minute, before anything was started: other work on the machine. */
  loadBefore: number;
}

async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    return /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown';
  } finally {
    redis.disconnect();
  }
}

function commitOf(): string | null {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

export async function describeMachine(
  stores: { postgresUrl: string; redisUrl: string },
  loadBefore: number,
): Promise<Machine> {
  const [first] = cpus();
  const { rows } = await withClient(stores.postgresUrl, (client) => client.query('SHOW server_version'));
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    redis: await redisVersion(stores.redisUrl),
    postgres: rows[0].server_version.split(' ')[0],
    commit: commitOf(),
    loadBefore,
  };
}

export const machineLine = (machine: Machine): string =>
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.platform}; Node ${machine.node}, ` +
  `Redis ${machine.redis}, Postgres ${machine.postgres}${machine.commit ? `; commit ${machine.commit}` : ''}`;
