// A TCP proxy in front of Redis that can lose the reply of a call, or hold the call back, as networks do.
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';

/** What to do with a chunk of requests on its way to Redis. */
export type Fate = { is: 'pass' } | { is: 'cut reply' } | { is: 'hold'; ms: number };

export class FaultyProxy {
  readonly #target: URL;
  readonly #decide: (requests: Buffer) => Fate;
  readonly #onReply: (replies: Buffer) => void;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  cuts = 0;

  /** @param decide is asked about each chunk that a client sends; `onReply` hears what Redis says to it */
  constructor(
    target: string,
    decide: (requests: Buffer) => Fate,
    onReply: (replies: Buffer) => void = () => {},
  ) {
    this.#target = new URL(target);
    this.#decide = decide;
    this.#onReply = onReply;
    this.#server = createServer((client) => this.#join(client));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  #join(client: Socket): void {
    const server = dial(Number(this.#target.port), this.#target.hostname);
    let cutting = false;
    /** Chunks reach Redis in the order in which they were sent, also past one that is held back. */
    let before = Promise.resolve();
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    client.on('data', (chunk) => {
      const fate = this.#decide(chunk);
      if (fate.is === 'cut reply') cutting = true;
      const held = fate.is === 'hold' ? fate.ms : 0;
      before = before
        .then(() => (held > 0 ? new Promise<void>((resolve) => setTimeout(resolve, held)) : undefined))
        .then(() => void server.write(chunk));
    });
    server.on('data', (chunk) => {
      this.#onReply(chunk);
      if (!cutting) return void client.write(chunk);
      // Redis has run the call: its first bytes are here. The client never sees them.
      this.cuts++;
      client.destroy();
      server.destroy();
    });
    client.on('close', () => void before.then(() => server.end()));
    server.on('close', () => client.destroy());
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
