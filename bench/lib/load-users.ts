// The users of the load test: each has a connection and a chat of its own and sends one message after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, request } from '../http-client.ts';

/** One second of the test. */
export interface Second {
  users: number;
  requests: number;
  failures: number;
  /** Ascending. */
  latencies: Float64Array;
}

export interface Site {
  /** With the base path, without a slash at its end. */
  origin: string;
  token: string;
  key: string;
}

export interface OwnChat {
  number: number;
  /** Messages that were acknowledged. */
  messages: number[];
}

/** A lost connection is tried again after this. */
const RECONNECT_MS = 500;

interface Answer {
  status: number;
  milliseconds: number;
  number: number;
}

/** Sends one request of the API; `number` is that of the answer's first field of that name. */
export function callOver(
  connection: Connection,
  { origin, token, key }: Site,
  method: string,
  path: string,
  body: object | null,
): Promise<Answer> {
  const { pathname } = new URL(origin);
  const full = `${pathname.replace(/\/$/, '')}/applications/${token}${path}`;
  const raw = request(method, origin, full, key, body && JSON.stringify(body));
  return new Promise((resolve) =>
    connection.send(raw, (status, milliseconds, answer) => {
      const number = Number(/"number":(\d+)/.exec(answer.toString('latin1'))?.[1] ?? 0);
      resolve({ status, milliseconds, number });
    }),
  );
}

export class LoadUsers {
  readonly chats: OwnChat[] = [];
  /** Failures by what was answered; `lost` for connections that broke. */
  readonly failures = new Map<string, number>();
  readonly #site: Site;
  readonly #waitMs: number;
  readonly #users: Promise<void>[] = [];
  #isOver = false;
  #living = 0;
  #requests = 0;
  #failed = 0;
  #latencies: number[] = [];

  constructor(site: Site, waitMs: number) {
    this.#site = site;
    this.#waitMs = waitMs;
  }

  get count(): number {
    return this.#users.length;
  }

  spawn(): void {
    this.#users.push(this.#run());
  }

  /** What has happened since the last call. */
  takeSecond(): Second {
    const latencies = Float64Array.from(this.#latencies).sort();
    const second = { users: this.#living, requests: this.#requests, failures: this.#failed, latencies };
    this.#requests = 0;
    this.#failed = 0;
    this.#latencies = [];
    return second;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#users);
  }

  #fail(what: string): void {
    this.#failed++;
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }

  async #connect(): Promise<Connection | null> {
    while (!this.#isOver) {
      try {
        return await Connection.open(this.#site.origin);
      } catch {
        this.#fail('not reachable');
        await sleep(RECONNECT_MS);
      }
    }
    return null;
  }

  async #call(connection: Connection, path: string, body: object): Promise<Answer> {
    const answer = await callOver(connection, this.#site, 'POST', path, body);
    this.#requests++;
    if (answer.status === 0) this.#fail('connection lost');
    else {
      this.#latencies.push(answer.milliseconds);
      if (answer.status !== 201) this.#fail(`status ${answer.status}`);
    }
    return answer;
  }

  async #run(): Promise<void> {
    this.#living++;
    let connection = await this.#connect();
    let chat: OwnChat | null = null;
    for (let n = 1; connection !== null && !this.#isOver; n++) {
      if (chat === null) chat = await this.#openChat(connection);
      else await this.#sendMessage(connection, chat, n);
      if (connection.isLost) connection = await this.#connect();
      else if (this.#waitMs > 0) await sleep(this.#waitMs * (0.5 + Math.random()));
    }
    connection?.close();
    this.#living--;
  }

  async #openChat(connection: Connection): Promise<OwnChat | null> {
    const { status, number } = await this.#call(connection, '/chats', { subject: 'Load test' });
    if (status !== 201) return null;
    const chat = { number, messages: [] };
    this.chats.push(chat);
    return chat;
  }

  async #sendMessage(connection: Connection, chat: OwnChat, n: number): Promise<void> {
    const body = { body: `Message ${n}: is the blue one in stock?` };
    const { status, number } = await this.#call(connection, `/chats/${chat.number}/messages`, body);
    if (status === 201) chat.messages.push(number);
  }
}
