import { randomInt, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ProblemError } from '../../src/lib/errors.ts';
import type { Reserved } from '../../src/reserve/request.ts';
import { Core } from '../helpers/core.ts';
import { type Expected, Model, type ModelApplication } from './write-path-model.ts';

const TIME_MS = 15_000;
/** A reserve call that is still out after this waits for the outbox, as after a forgotten counter. */
const BELL_MS = 5;

const index = fc.nat({ max: 3 });
const customer = fc.constantFrom('', '', 'ann', 'bob');
const key = fc.option(fc.record({ slot: fc.nat({ max: 5 }), variant: fc.constantFrom(0, 0, 0, 1) }), {
  freq: 2,
});
const forgotten = fc.constantFrom('app', 'chat', 'tail', 'fresh');

const command = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('application' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('chat' as const), app: index, open: fc.boolean(), customer, key }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('message' as const),
      app: index,
      chat: fc.nat({ max: 4 }),
      customer,
      key,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      app: index,
      count: fc.integer({ min: 2, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), app: index }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('drain' as const), times: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('forget' as const), what: forgotten, app: index, chat: index }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('new life' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

class Run {
  readonly model = new Model();
  readonly #core: Core;
  #reserver;
  #body = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#reserver = core.newReserver();
  }

  /** Calls, and rings when the call waits for the outbox. */
  async #reserve(call: () => Promise<Reserved>): Promise<Reserved | ProblemError> {
    const bell = setTimeout(() => void this.#core.drain(), BELL_MS);
    return call()
      .catch((error) => error)
      .finally(() => clearTimeout(bell));
  }

  async #expect(expected: Expected, call: () => Promise<Reserved>): Promise<Reserved | null> {
    const seen = await this.#reserve(call);
    if (seen instanceof Error) {
      expect((seen as ProblemError).code, seen.message).to.equal(expected.is);
      return null;
    }
    const { number, replayed } = seen;
    expect({ is: replayed ? 'replay' : 'ok', number }).to.deep.equal(expected);
    return replayed ? null : seen;
  }

  #app(at: number): { app: ModelApplication | null; token: string } {
    const app = this.model.applications[at] ?? null;
    return { app, token: app?.token ?? `00${randomUUID().slice(2)}` };
  }

  async step(step: Command): Promise<void> {
    switch (step.do) {
      case 'application':
        return this.#application();
      case 'chat':
        return this.#chat(step);
      case 'message':
        return this.#message(step);
      case 'burst':
        return this.#burst(step);
      case 'delete':
        return this.#delete(step.app);
      case 'drain':
        return void (await Promise.all(Array.from({ length: step.times }, () => this.#core.drain())));
      case 'forget':
        return this.#forget(step);
      case 'restart':
        this.#reserver.stop();
        this.#reserver = this.#core.newReserver();
        return;
      case 'new life':
        // The API has not heard of it yet.
        await this.#core.redis.set(this.#core.keys().epoch, 'fence:test');
        return void (await this.#core.openShard());
    }
  }

  async #application(): Promise<void> {
    const token = `00${randomUUID().slice(2)}`;
    const record = { name: 'Test', key_id: randomUUID(), request_id: 't' };
    const seen = await this.#reserve(() =>
      this.#core.reserve({ kind: 'application', token, record }, this.#reserver),
    );
    expect(seen).not.to.be.an('error');
    this.model.applications.push({ token, deleted: false, chats: [] });
  }

  async #chat(step: Extract<Command, { do: 'chat' }>): Promise<void> {
    const { app, token } = this.#app(step.app);
    const idempotency = this.model.idempotency(step.key);
    const chat = { open: step.open, customer: step.customer, messages: [], activeAt: 0 };
    const expected = this.model.chat(app, chat, idempotency);
    const record = {
      subject: null,
      metadata: {},
      open: step.open,
      customer_id: step.customer || null,
      request_id: 't',
    };
    const kind = step.open ? 'open_chat' : 'chat';
    const request = { kind, token, customer: step.customer, idempotency, record } as const;
    const seen = await this.#expect(expected, () => this.#core.reserve(request, this.#reserver));
    if (seen) chat.activeAt = seen.at;
  }

  #messageOf(body: string) {
    return { body, author_type: 'customer', author: null, request_id: 't' };
  }

  async #message(step: Extract<Command, { do: 'message' }>): Promise<void> {
    const { app, token } = this.#app(step.app);
    const { chat, customer } = step;
    const idempotency = this.model.idempotency(step.key);
    const body = `body ${++this.#body}`;
    const expected = this.model.message(app, { chat, customer, body }, idempotency);
    const request = {
      kind: 'message',
      token,
      chat,
      customer,
      idempotency,
      record: this.#messageOf(body),
    } as const;
    const seen = await this.#expect(expected, () => this.#core.reserve(request, this.#reserver));
    if (seen && app) app.chats[chat - 1]!.activeAt = seen.at;
  }

  /** Many at once by two processes: which of them gets which number is theirs to settle. */
  async #burst({ app: at, count }: Extract<Command, { do: 'burst' }>): Promise<void> {
    const { app, token } = this.#app(at);
    const chat = app?.chats[0];
    if (!app || app.deleted || !chat) return;
    const other = this.#core.newReserver();
    const bodies = Array.from({ length: count }, () => `body ${++this.#body}`);
    const answers = await Promise.all(
      bodies.map((body, i) =>
        this.#reserve(() =>
          this.#core.reserve(
            { kind: 'message', token, chat: 1, record: this.#messageOf(body) },
            i % 2 ? other : this.#reserver,
          ),
        ),
      ),
    );
    other.stop();
    const before = chat.messages.length;
    for (const [i, answer] of answers.entries()) {
      if (answer instanceof Error) throw answer;
      expect(chat.messages[answer.number - 1], `number ${answer.number}`).to.equal(undefined);
      chat.messages[answer.number - 1] = bodies[i]!;
      chat.activeAt = Math.max(chat.activeAt, answer.at);
    }
    expect(chat.messages.length).to.equal(before + count);
  }

  async #delete(at: number): Promise<void> {
    const { app, token } = this.#app(at);
    const expected: Expected = app && !app.deleted ? { is: 'ok', number: 0 } : { is: 'not_found' };
    await this.#expect(expected, () => this.#core.reserve({ kind: 'deletion', token }, this.#reserver));
    if (app) app.deleted = true;
  }

  async #forget({ what, app: at, chat }: Extract<Command, { do: 'forget' }>): Promise<void> {
    const { token } = this.#app(at);
    const keys = this.#core.keys();
    const names = {
      app: keys.app(token),
      chat: keys.chat(token, chat),
      tail: keys.tail(token, chat),
      fresh: keys.fresh(token),
    };
    await this.#core.redis.del(names[what]);
  }

  /** Postgres must hold what the model holds, and nothing else. */
  async check(): Promise<void> {
    this.#reserver.stop();
    await this.#core.drain();
    for (const app of this.model.applications) await this.#checkApplication(app);
    const hashes = [...this.model.keys.keys()].map((hash) => Buffer.from(hash, 'hex'));
    const kept = await this.#core.knex('idempotency_keys').whereIn('key_hash', hashes);
    expect(kept.length).to.equal(hashes.length);
    for (const { key_hash, fingerprint, answer } of kept) {
      const known = this.model.keys.get(key_hash.toString('hex'))!;
      expect([fingerprint.toString('hex'), Number(answer.split(' ')[0])]).to.deep.equal([
        known.fingerprint,
        known.number,
      ]);
    }
    expect(await this.#core.knex('dead_letters')).to.deep.equal([]);
  }

  async #checkApplication({ token, deleted, chats }: ModelApplication): Promise<void> {
    const { knex } = this.#core;
    const row = await knex('applications').where({ token }).first();
    expect(row.last_chat_number).to.equal(chats.length);
    expect(row.deleted_at !== null).to.equal(deleted);
    const rows = await knex('chats').where({ app_token: token }).orderBy('number');
    expect(
      rows.map((chat) => [
        chat.number,
        chat.open,
        chat.customer_id ?? '',
        chat.last_message_number,
        +chat.last_activity_at,
      ]),
    ).to.deep.equal(
      chats.map((chat, i) => [i + 1, chat.open, chat.customer, chat.messages.length, chat.activeAt]),
    );
    const messages = await this.#core.messages(token);
    expect(messages.map(({ chat, number, body }) => [chat, number, body])).to.deep.equal(
      chats.flatMap((chat, i) => chat.messages.map((body, j) => [i + 1, j + 1, body])),
    );
  }
}

describe('reserve and persist', () => {
  let core: Core;
  before(async () => {
    core = await Core.create();
  });
  after(() => core.stop());

  it('do what a model of them does, whatever is forgotten, restarted or run twice', async function () {
    this.timeout(TIME_MS * 3);
    const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));
    let runs = 0;
    // The run that the time limit cuts off goes on unheard.
    let last: Promise<void> = Promise.resolve();
    const runAll = async (steps: Command[]) => {
      const run = new Run(core);
      await run.step({ do: 'application' });
      await run.step({ do: 'chat', app: 0, open: true, customer: '', key: null });
      for (const step of steps) await run.step(step);
      await run.check();
      runs++;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 80 }), (steps) => {
        last = runAll(steps);
        return last;
      }),
      { seed, numRuns: 100_000, interruptAfterTimeLimit: TIME_MS, markInterruptAsFailure: false },
    );
    await last;
    expect(runs, 'runs in the time').to.be.above(5);
  });
});
