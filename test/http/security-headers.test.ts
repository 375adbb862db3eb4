import { expect } from 'chai';
import { page, refused } from './routes.ts';
import { type Served, serve } from './serve.ts';

describe('security headers', () => {
  let served: Served;
  afterEach(() => served.close());

  for (const path of ['/page', '/failing', '/nowhere'])
    it(`are on ${path}`, async () => {
      served = await serve([page, refused]);
      const { headers } = await fetch(served.url + path);
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('x-frame-options')).to.equal('DENY');
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(headers.get('content-security-policy')).to.equal("default-src 'none'; frame-ancestors 'none'");
      expect(headers.has('strict-transport-security')).to.equal(false);
      expect(headers.has('x-powered-by')).to.equal(false);
    });

  it('ask for TLS only where a trusted proxy says that there is TLS', async () => {
    const https = { headers: { 'x-forwarded-proto': 'https' } };
    served = await serve([page]);
    expect((await fetch(`${served.url}/page`, https)).headers.has('strict-transport-security')).to.equal(
      false,
    );
    await served.close();
    served = await serve([page], { TRUST_PROXY: 1 });
    expect((await fetch(`${served.url}/page`, https)).headers.get('strict-transport-security')).to.match(
      /max-age/,
    );
    expect((await fetch(`${served.url}/page`)).headers.has('strict-transport-security')).to.equal(false);
  });
});
