import { expect } from 'chai';
import { page } from './routes.ts';
import { type Answer, raw, type Served, serve } from './serve.ts';

describe('URI limits', () => {
  let served: Served;
  before(async () => {
    served = await serve([page]);
  });
  after(() => served.close());

  const code = async (path: string) => {
    const response = await fetch(served.url + path);
    return { status: response.status, code: ((await response.json()) as Answer).code };
  };

  it('refuse a query over 4 KiB with 414', async () => {
    expect(await code(`/page?q=${'x'.repeat(4095)}`)).to.deep.equal({ status: 414, code: 'uri_too_long' });
    expect((await code(`/page?q=${'x'.repeat(4094)}`)).status).to.equal(200);
  });

  it('refuse a URL over 8 KiB with 414', async () => {
    expect((await code(`/${'x'.repeat(8192)}`)).status).to.equal(414);
  });

  it('answer a query of sixteen thousand names without holding the event loop', async () => {
    const started = performance.now();
    const text = await raw(
      served.port,
      `GET /page?${'a&'.repeat(7500)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      /request_id/,
    );
    expect(text).to.match(/^HTTP\/1.1 414 /);
    expect(performance.now() - started).to.be.below(200);
  });

  it('answer 431 as a problem for headers over 16 KiB', async () => {
    const text = await raw(served.port, `GET /page HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(text).to.match(/^HTTP\/1.1 431 /);
    expect(text)
      .to.match(/"code":"headers_too_large".*"request_id":"/)
      .and.to.match(/X-Request-Id: /);
  });

  for (const line of ['NONSENSE', 'GET /page HTTP/9.9', 'GET /pa ge HTTP/1.1', '\0\0\0'])
    it(`answer 400 as a problem for the request line ${JSON.stringify(line)}`, async () => {
      const text = await raw(served.port, `${line}\r\nHost: x\r\n\r\n`);
      expect(text).to.match(/^HTTP\/1.1 400 /);
      expect(text).to.include('"code":"malformed_request"');
    });
});
