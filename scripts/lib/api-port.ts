import { freePort, isPortFree } from './ports.ts';
import { UserError } from './user-error.ts';

const reasons: Record<string, string> = {
  EACCES: 'may not be used by this user; ports from 1024 upwards may',
  EADDRNOTAVAIL: 'is not an address of this machine; set HOST to one that is',
  ENOTFOUND: 'cannot be resolved; set HOST to an address of this machine',
};

/**
 * The port the API will listen on: the configured one when it is free, a free one when 0 is configured.
 * @throws UserError saying what to do when it is not free
 */
export async function apiPort(port: number, host: string): Promise<number> {
  if (port === 0) return freePort();
  const free = await isPortFree(port, host).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `Port ${port} on ${host} ${reasons[error.code ?? ''] ?? `cannot be used: ${error.message}`}.`,
    );
  });
  if (free) return port;
  throw new UserError(
    `Port ${port} on ${host} is in use. Stop what uses it or choose another: ` +
      `PORT=${port + 1} DATA_DIR=.data2 npm start`,
  );
}
