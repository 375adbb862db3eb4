// TCP ports: is one free, which one is, and which one was used last time.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Whether `host:port` can be listened on; any fault other than "in use" is thrown. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * The port remembered in `file` when it is still free, so that URLs stay the same across runs; else a new
 * one.
 */
export async function rememberedPort(file: string): Promise<number> {
  let port = 0;
  try {
    port = Number(readFileSync(file, 'utf8'));
  } catch {
    // The first run remembers nothing.
  }
  if (Number.isInteger(port) && port > 1023 && port < 65_536 && (await isPortFree(port))) return port;
  const fresh = await freePort();
  writeFileSync(file, `${fresh}\n`);
  return fresh;
}

/** A port, or how to choose one: asked anew for each attempt, after what held it has been ended. */
export type PortChoice = number | (() => Promise<number>);

/** The port of this attempt; any free one when nothing was chosen. */
export const choosePort = async (choice: PortChoice = freePort): Promise<number> =>
  typeof choice === 'number' ? choice : choice();
