import { expect } from 'chai';
import { chat, page, whoami } from './routes.ts';
import { APP, bearer, raw, type Served, serve } from './serve.ts';

describe('hostile paths', () => {
  let served: Served;
  before(async () => {
    served = await serve([page, chat, whoami]);
  });
  after(() => served.close());

  const status = async (target: string) => {
    const request = `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer()}\r\n\r\n`;
    return Number((await raw(served.port, request, /request_id|\}$/)).slice(9, 12));
  };

  const numbers = [
    '0',
    '01',
    '-1',
    '1.0',
    '1e3',
    '+1',
    '2147483648',
    '99999999999',
    'x',
    '%31x',
    '1%00',
    '１',
  ];
  for (const number of numbers)
    it(`answer 404 for the chat number ${number}`, async () => {
      const url = `${served.url}/applications/${APP}/chats/${number}`;
      expect((await fetch(url, { headers: { authorization: bearer() } })).status).to.equal(404);
    });

  it('take the highest number there is', async () => {
    expect(await status(`/applications/${APP}/chats/2147483647`)).to.equal(200);
  });

  const tokens = [
    'x',
    'LOBBY',
    'lobby%20',
    '..',
    '%2e%2e',
    `${APP}0`,
    '__proto__',
    'a%2fb',
    '%00',
    '%E0%A4%A',
    '%ff',
  ];
  for (const token of tokens)
    it(`answer 404 for the token ${token}`, async () => {
      expect(await status(`/applications/${token}/chats/1`)).to.equal(404);
    });

  const targets = [
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc',
    '/page%00',
    '/page%5c',
    '/%',
    '//evil/page',
    '*',
  ];
  for (const target of targets)
    it(`answer 404 for ${target}`, async () => {
      expect(await status(target)).to.be.oneOf([400, 404]);
    });

  it('serve the absolute form as the path it holds', async () => {
    expect(await status('http://somewhere.else/page?limit=3')).to.equal(200);
    expect(await status('http://[bad/page')).to.be.oneOf([200, 400, 404]);
    expect(await status('ftp://x/page')).to.be.oneOf([400, 404]);
  });

  it('answer 400 for bad percent-encoding, NUL or repetition in a query', async () => {
    for (const query of [
      'q=%E0%A4%A',
      'q=%00',
      'q=%',
      'q=1&q=2',
      '%5F_proto__=1',
      'constructor=1',
      'limit=1&limit=1',
    ])
      expect(await status(`/page?${query}`), query).to.equal(400);
  });
});
