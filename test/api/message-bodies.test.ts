import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';

const NUL = String.fromCharCode(0);

/** Each must come back code point by code point, whatever a normaliser or trimmer would make of it. */
const kept: Record<string, string> = {
  emoji: 'Käse 🧀👩‍👩‍👧‍👦🏳️‍🌈',
  'right to left': 'שלום עולם \u202Eabc\u202C مرحبا',
  'zero width': 'a\u200Bb\u200Cc\u200Dd\uFEFFe\u2060',
  'a zero width character alone': '\u200B',
  'spaces around': '  \t\n padded \r\n\u00A0 ',
  'line ends': 'one\r\ntwo\nthree\rfour\u2028five\u2029six\u0085',
  'decomposed and composed letters': 'e\u0301 é Å \u212B',
  'control characters': '\u0001\u0007\u001b[31mred\u007f',
  'beyond the basic plane': '\u{10FFFF}\u{1F9C0}𝄞',
  noncharacters: '\uFFFE\uFFFF\uFDD0',
  SQL: `'); DROP TABLE messages; --`,
  'a template': '{{constructor.constructor("return 1")()}} %s $1 :name ?',
  'escaped text': '\\u0041 \\0 \\x00 &lt;script&gt; <b>not bold</b>',
  JSON: '{"__proto__":{"body":null}}',
};

describe('a message’s body', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let path: string;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    path = `${app.path}/chats/1/messages`;
  });
  after(() => deployment.stop());

  const send = (body: unknown) => client.post(path, { key: app.key, body: { body } });
  const last = async () => (await client.get(`${path}?limit=1`, { key: app.key })).body.data[0]?.number ?? 0;

  async function expectKept(text: string): Promise<void> {
    const { status, body } = await send(text);
    expect(status).to.equal(201);
    expect(body.body).to.equal(text);
    const place = `${path}/${body.number}`;
    expect((await client.get(place, { key: app.key })).body.body).to.equal(text);
    await deployment.settled();
    const row = await deployment.knex('messages').orderBy('id', 'desc').first('number', 'body');
    expect(row).to.deep.equal({ number: body.number, body: text });
    // And once more from the row alone.
    await deployment.redis.del(deployment.keys().tail(app.token, 1));
    expect((await client.get(place, { key: app.key })).body.body).to.equal(text);
  }

  for (const [name, text] of Object.entries(kept)) it(`is stored as sent: ${name}`, () => expectKept(text));

  it('has up to 10,000 code points, however many units and bytes they take', async () => {
    await expectKept('🧀'.repeat(10_000));
    await expectKept(`${' '.repeat(9_999)}x`);
  });

  it('of 10,001 code points is refused', async () => {
    const before = await last();
    for (const text of ['x'.repeat(10_001), '🧀'.repeat(10_001)]) {
      const refused = await send(text);
      expect(refused.status).to.equal(400);
      expect(refused.body.errors).to.have.length(1);
      expect(refused.body.errors[0].path).to.equal('/body/body');
    }
    expect(await last()).to.equal(before);
  });

  it('without a non-space character is refused', async () => {
    for (const text of ['', ' ', '\n\t\r ', '\u00A0\u2003\u3000', '\u2028\uFEFF'])
      expect((await send(text)).body.code, JSON.stringify(text)).to.equal('validation_failed');
  });

  it('with NUL, a lone surrogate or invalid UTF-8 is refused', async () => {
    const before = await last();
    const raw = (text: string | Buffer) =>
      client.post(path, {
        key: app.key,
        raw: Buffer.concat([Buffer.from('{"body":"a'), Buffer.from(text), Buffer.from('b"}')]),
      });
    for (const text of ['\\u0000', '\\ud83e', '\\uddc0', '\\uddc0\\ud83e', '\\ud83ex'])
      expect((await raw(text)).status, text).to.equal(400);
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
      expect((await raw(Buffer.from(bytes))).body.code, String(bytes)).to.equal('invalid_json');
    expect((await raw(NUL)).status).to.equal(400);
    // The same escapes as a pair are one good character.
    expect((await raw('\\ud83e\\uddc0')).body.body).to.equal('a🧀b');
    expect(await last()).to.equal(before + 1);
  });
});
