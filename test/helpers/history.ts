// What clients saw, and the promises that the stores must keep to it once everything has come to rest.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { expect } from 'chai';
import type { Deployment, TestApplication } from './deployment.ts';

/** `unknown`: the connection broke or the answer was 503, so the write may or may not have happened. */
export type Outcome =
  | { is: 'ok'; number: number }
  | { is: 'refused'; status: number }
  | { is: 'unknown'; why: string };

export interface Attempt {
  body: string;
  chat: number;
  key: string | null;
  outcome: Outcome;
  ms: number;
}

export interface SendOptions {
  chat?: number;
  key?: string;
  body?: string;
}

interface Row {
  chat: number;
  number: number;
  body: string | null;
  void: boolean;
}

/** The outcome as a client may understand it. */
function outcomeOf(status: number, body: { number: number }): Outcome {
  if (status === 201) return { is: 'ok', number: body.number };
  if (status === 503) return { is: 'unknown', why: '503' };
  return { is: 'refused', status };
}

export class History {
  readonly attempts: Attempt[] = [];
  readonly #application: TestApplication;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(application: TestApplication) {
    this.#application = application;
  }

  /** Sends one message with words of its own, and notes what became of it. */
  async send(origin: string, { chat = 1, key, body = randomUUID() }: SendOptions = {}): Promise<Outcome> {
    const startedAt = performance.now();
    const outcome = await this.#post(
      `${origin}${this.#application.path}/chats/${chat}/messages`,
      body,
      key,
    ).catch((error: Error): Outcome => ({ is: 'unknown', why: error.message }));
    this.attempts.push({ body, chat, key: key ?? null, outcome, ms: performance.now() - startedAt });
    return outcome;
  }

  #post(url: string, body: string, key: string | undefined): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#application.key}`,
        'content-type': 'application/json',
        ...(key ? { 'idempotency-key': key } : {}),
      };
      const call = request(
        url,
        { method: 'POST', agent: this.#agent, headers, timeout: 10_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('aborted', () => reject(new Error('aborted')));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve(outcomeOf(response.statusCode!, JSON.parse(text)));
          });
        },
      );
      call.on('timeout', () => call.destroy(new Error('no answer in 10 s')));
      call.on('error', reject);
      call.end(JSON.stringify({ body }));
    });
  }

  get acknowledged(): (Attempt & { outcome: { is: 'ok'; number: number } })[] {
    return this.attempts.filter((attempt) => attempt.outcome.is === 'ok') as never;
  }

  count(is: Outcome['is']): number {
    return this.attempts.filter(({ outcome }) => outcome.is === is).length;
  }

  /**
   * Every acknowledged write is a row exactly once, under its number; no row without a request that was not refused;
   * no request twice; numbers 1…N without a hole. Call it when the outbox is applied.
   */
  async check(deployment: Deployment): Promise<Row[]> {
    const rows: Row[] = await deployment
      .knex('messages')
      .join('chats', 'chats.id', 'messages.chat_id')
      .where('chats.app_token', this.#application.token)
      .orderBy(['chats.number', 'messages.number'])
      .select('chats.number as chat', 'messages.number', 'messages.body', 'messages.void');
    this.#checkNumbers(rows);
    this.#checkRequests(rows);
    await this.#checkCounters(deployment, rows);
    return rows;
  }

  #checkNumbers(rows: Row[]): void {
    for (const chat of new Set(rows.map((row) => row.chat))) {
      const numbers = rows.filter((row) => row.chat === chat).map(({ number }) => number);
      expect(numbers, `numbers of chat ${chat}`).to.deep.equal(numbers.map((_, i) => i + 1));
    }
  }

  #checkRequests(rows: Row[]): void {
    const byBody = new Map<string | null, Row[]>();
    for (const row of rows) byBody.set(row.body, [...(byBody.get(row.body) ?? []), row]);
    for (const [body, same] of byBody) expect(same, `rows of ${body}`).to.have.length(1);
    for (const { body, chat, outcome } of this.acknowledged)
      expect(byBody.get(body)?.[0], `row of ${body}`).to.include({ chat, number: outcome.number });
    const allowed = new Set(
      this.attempts.filter(({ outcome }) => outcome.is !== 'refused').map(({ body }) => body),
    );
    for (const { body } of rows) expect(allowed.has(body!), `a request for row ${body}`).to.equal(true);
  }

  async #checkCounters(deployment: Deployment, rows: Row[]): Promise<void> {
    const chats = await deployment.knex('chats').where({ app_token: this.#application.token });
    for (const { number, last_message_number } of chats)
      expect(last_message_number, `last number of chat ${number}`).to.equal(
        rows.filter((row) => row.chat === number).length,
      );
    expect(await deployment.knex('dead_letters')).to.deep.equal([]);
  }
}
