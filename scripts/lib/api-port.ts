import { isPortFree } from './ports.ts';
import { UserError } from './user-error.ts';

const reasons: Record<string, string> = {
  EACCES: 'may not be used by this user; ports from 1024 upwards may',
  EADDRNOTAVAIL: 'is not an address of this machine; set HOST to one that is',
  ENOTFOUND: 'cannot be resolved; set HOST to an address of this machine',
};

/**
 * Checks that the API will be able to listen; port 0 means any and always is.
 * @throws UserError saying what to do when the port is taken
 */
export async function requireFreePort(port: number, host: string): Promise<void> {
  const free = await isPortFree(port, host).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `Port ${port} on ${host} ${reasons[error.code ?? ''] ?? `cannot be used: ${error.message}`}.`,
    );
  });
  if (free) return;
  throw new UserError(
    `Port ${port} on ${host} is in use. Stop what uses it or choose another: ` +
      `PORT=${port + 1} DATA_DIR=.data2 npm start`,
  );
}
