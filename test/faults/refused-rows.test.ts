import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Core, tokenOf } from '../helpers/core.ts';

describe('a row that Postgres refuses', () => {
  let core: Core;
  let token: string;
  before(async () => {
    core = await Core.create();
  });
  beforeEach(async () => {
    token = await core.application();
    await core.chat(token);
    await core.drain();
  });
  after(() => core.stop());

  const letters = () => core.knex('dead_letters').where({ app_token: token });

  it('becomes a void row with its dead letter; its neighbours and successors stand', async () => {
    for (const body of ['one', 'two', 'bad \0 body', 'four', 'five']) await core.message(token, 1, body);
    await core.drain();
    expect(await core.message(token, 1, 'six')).to.equal(6);
    await core.drain();
    const rows = await core.messages(token);
    expect(rows.map((row) => [row.number, row.body, row.void])).to.deep.equal([
      [1, 'one', false],
      [2, 'two', false],
      [3, null, true],
      [4, 'four', false],
      [5, 'five', false],
      [6, 'six', false],
    ]);
    const [letter, ...others] = await letters();
    expect(others).to.deep.equal([]);
    expect(letter).to.include({ kind: 'message', chat_number: 1, number: 3, sqlstate: '22021' });
    expect(JSON.parse(letter.record.toString()).body).to.equal('bad \0 body');
  });

  it('keeps its number when it was the last and Redis has forgotten the chat', async () => {
    await core.message(token, 1, 'one');
    await core.message(token, 1, 'bad \0 body');
    await core.drain();
    await core.redis.del(core.keys().chat(token, 1), core.keys().tail(token, 1));
    expect(await core.message(token, 1, 'three')).to.equal(3);
  });

  it('for a constraint is void as well, each of several in one batch', async () => {
    const bodies = Array.from({ length: 40 }, (_, i) => (i % 9 === 4 ? `forbidden ${i}` : `fine ${i}`));
    await core.knex.raw(
      `ALTER TABLE messages ADD CONSTRAINT no_forbidden CHECK (body NOT LIKE 'forbidden%') NOT VALID`,
    );
    try {
      for (const body of bodies) await core.message(token, 1, body);
      await core.drain();
    } finally {
      await core.knex.raw('ALTER TABLE messages DROP CONSTRAINT no_forbidden');
    }
    const rows = await core.messages(token);
    expect(rows.map(({ body }) => body)).to.deep.equal(
      bodies.map((body) => (/^fine/.test(body) ? body : null)),
    );
    expect((await letters()).map(({ sqlstate }) => sqlstate)).to.deep.equal(Array(4).fill('23514'));
  });

  it('of a keyed request still answers the key', async () => {
    const idempotency = { hash: 'ab'.repeat(16), fingerprint: 'cd'.repeat(16) };
    await core.message(token, 1, 'bad \0 body', { idempotency });
    await core.drain();
    const kept = await core
      .knex('idempotency_keys')
      .where({ key_hash: Buffer.from(idempotency.hash, 'hex') });
    expect(kept).to.have.length(1);
    expect(kept[0].answer).to.match(/^1 \d+/);
  });

  it('of a chat becomes a void chat, whose messages land', async () => {
    const record = {
      subject: 'bad \0 subject',
      metadata: {},
      open: false,
      customer_id: null,
      request_id: 't',
    };
    expect(await core.chat(token, { record })).to.equal(2);
    expect(await core.message(token, 2, 'landed')).to.equal(1);
    await core.drain();
    expect(await core.message(token, 2, 'later')).to.equal(2);
    await core.drain();
    const chat = await core.knex('chats').where({ app_token: token, number: 2 }).first();
    expect(chat).to.include({ void: true, subject: null, last_message_number: 2 });
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['landed', 'later']);
    expect((await letters()).map(({ kind, number }) => [kind, number])).to.deep.equal([['chat', 2]]);
  });

  it('of an application becomes a void application, whose chats and messages land', async () => {
    const fresh = tokenOf();
    const record = { name: 'bad \0 name', key_id: randomUUID(), request_id: 't' };
    await core.reserve({ kind: 'application', token: fresh, record });
    await core.chat(fresh);
    await core.message(fresh, 1, 'landed');
    await core.drain();
    expect(await core.knex('applications').where({ token: fresh }).first()).to.include({
      void: true,
      name: '',
    });
    expect((await core.messages(fresh)).map(({ body }) => body)).to.deep.equal(['landed']);
  });

  it('for want of its parents becomes a dead letter, and stops nobody', async () => {
    const nowhere = await core.application();
    await core.chat(nowhere);
    await core.drain();
    await core.chat(nowhere);
    await core.message(nowhere, 1, 'lost');
    await core.knex('applications').where({ token: nowhere }).delete();
    await core.message(token, 1, 'fine');
    await core.drain();
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['fine']);
    const lost = await core.knex('dead_letters').where({ app_token: nowhere }).orderBy('id');
    expect(lost.map(({ kind, sqlstate }) => [kind, sqlstate])).to.deep.equal([
      ['chat', '23503'],
      ['message', '23503'],
    ]);
  });

  it('even as a void row is a dead letter only, keeps its number, and stops nobody', async () => {
    await core.knex.raw('ALTER TABLE chats ADD CONSTRAINT no_second CHECK (number <> 2) NOT VALID');
    try {
      expect(await core.chat(token)).to.equal(2);
      await core.message(token, 1, 'fine');
      await core.drain();
    } finally {
      await core.knex.raw('ALTER TABLE chats DROP CONSTRAINT no_second');
    }
    expect(await core.knex('chats').where({ app_token: token, number: 2 })).to.deep.equal([]);
    expect((await letters()).map(({ kind, sqlstate }) => [kind, sqlstate])).to.deep.equal([
      ['chat', '23514'],
    ]);
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal(['fine']);
    await core.redis.del(core.keys().app(token));
    expect(await core.chat(token)).to.equal(3);
  });

  it('of a chat whose customer it cannot write is void all the same', async () => {
    const record = { subject: null, metadata: {}, open: false, customer_id: 'bad \0 id', request_id: 't' };
    await core.chat(token, { record });
    await core.drain();
    const chat = await core.knex('chats').where({ app_token: token, number: 2 }).first();
    expect(chat).to.include({ void: true, customer_id: 'bad  id' });
  });

  it('because a row with its number stands already stops nobody', async () => {
    await core.message(token, 1, 'first');
    await core.chat(token);
    await core.drain();
    const chat = await core.knex('chats').where({ app_token: token, number: 1 }).first();
    const foreign = { ...(await core.knex('messages').where({ chat_id: chat.id }).first()) };
    delete foreign.id;
    await core.knex('messages').insert({ ...foreign, number: 2, body: 'written by nobody we know' });
    await core.knex('chats').insert({ ...withoutId(chat), metadata: '{}', number: 3 });
    await core.message(token, 1, 'second');
    expect(await core.chat(token)).to.equal(3);
    await core.message(token, 1, 'third');
    await core.drain();
    expect((await core.messages(token)).map(({ body }) => body)).to.deep.equal([
      'first',
      'written by nobody we know',
      'third',
    ]);
    expect((await letters()).map(({ kind, sqlstate }) => [kind, sqlstate])).to.have.deep.members([
      ['message', '23505'],
      ['chat', '23505'],
    ]);
  });
});

function withoutId<Row extends { id: unknown }>({ id: _, ...rest }: Row): Omit<Row, 'id'> {
  return rest;
}
