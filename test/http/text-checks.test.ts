import { expect } from 'chai';
import { anything, echo } from './routes.ts';
import { type Answer, post, type Served, serve } from './serve.ts';

describe('text in bodies', () => {
  let served: Served;
  before(async () => {
    served = await serve([anything, echo]);
  });
  after(() => served.close());

  const send = async (text: string | Uint8Array): Promise<{ status: number; body: Answer }> => {
    const response = await post(`${served.url}/anything`, text);
    return { status: response.status, body: await response.json() };
  };

  const faults: [string, string][] = [
    ['"\\u0000"', '/body'],
    ['{"a":{"b":["x","y\\u0000"]}}', '/body/a/b/1'],
    ['{"a":"\\ud800"}', '/body/a'],
    ['{"a":"\\udc00\\ud800"}', '/body/a'],
    ['{"a":1e999}', '/body/a'],
    ['[-1e999]', '/body/0'],
    ['{"__proto__":{"x":1}}', '/body/__proto__'],
    ['{"a":{"constructor":{"prototype":{"x":1}}}}', '/body/a/constructor'],
    ['{"a/b~":"\\u0000"}', '/body/a~1b~0'],
  ];
  for (const [text, path] of faults)
    it(`refuse ${text} at ${path}`, async () => {
      const { status, body } = await send(text);
      expect(status).to.equal(400);
      expect(body.code).to.equal('validation_failed');
      expect(body.errors[0].path).to.equal(path);
      expect(({} as Answer).x).to.equal(undefined);
    });

  for (const text of ['{"\\u0000":1}', '{"\\ud800":1}'])
    it(`refuse the key of ${text}`, async () => {
      expect((await send(text)).body.code).to.equal('validation_failed');
    });

  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe2, 0x82],
  ])
    it(`refuse the invalid UTF-8 ${bytes.map((byte) => byte.toString(16)).join(' ')}`, async () => {
      const { status, body } = await send(Uint8Array.from(bytes));
      expect(status).to.equal(400);
      expect(body.code).to.equal('invalid_json');
    });

  for (const text of [
    'שלום',
    '\u202eabc\u200b',
    '👩‍👩‍👧‍👦',
    '\ufeffx',
    'e\u0301',
    "'; DROP TABLE chats; --",
    '\u2028',
    '-0',
  ])
    it(`hand on ${JSON.stringify(text)} unchanged`, async () => {
      expect((await send(JSON.stringify({ text }))).body.body).to.deep.equal({ text });
    });

  it('count code points, not UTF-16 units', async () => {
    expect((await post(`${served.url}/echo`, { text: '😀'.repeat(10) })).status).to.equal(200);
    expect((await post(`${served.url}/echo`, { text: '😀'.repeat(11) })).status).to.equal(400);
  });

  for (const text of ['', ' ', '\n\t\u00a0\u3000'])
    it(`refuse the blank text ${JSON.stringify(text)}`, async () => {
      expect((await post(`${served.url}/echo`, { text })).status).to.equal(400);
    });
});
