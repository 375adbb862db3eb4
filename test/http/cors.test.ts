import { expect } from 'chai';
import { chat, page, refused } from './routes.ts';
import { type Served, serve } from './serve.ts';

const ORIGIN = 'https://shop.example';

describe('CORS', () => {
  let served: Served;
  afterEach(() => served.close());

  const start = async (origins: string[]) => {
    served = await serve([page, chat, refused], { CORS_ORIGINS: origins });
  };
  const get = (path: string, origin = ORIGIN) => fetch(served.url + path, { headers: { origin } });
  const preflight = (origin: string) =>
    fetch(`${served.url}/page`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  it('is off without origins', async () => {
    await start([]);
    expect((await get('/page')).headers.has('access-control-allow-origin')).to.equal(false);
    expect((await preflight(ORIGIN)).headers.has('access-control-allow-methods')).to.equal(false);
  });

  it('lets listed origins read answers, errors too, and the headers they need', async () => {
    await start([ORIGIN]);
    for (const path of [
      '/page',
      '/failing',
      '/nowhere',
      '/applications/lobby/chats/1',
      `/${'x'.repeat(9000)}`,
    ]) {
      const { headers } = await get(path);
      expect(headers.get('access-control-allow-origin'), path).to.equal(ORIGIN);
      expect(headers.get('vary')).to.match(/Origin/);
      expect(headers.get('access-control-expose-headers')).to.match(
        /X-Request-Id.*Retry-After.*Idempotent-Replayed/,
      );
      expect(headers.has('access-control-allow-credentials')).to.equal(false);
    }
  });

  it('answers the preflight of a listed origin', async () => {
    await start([ORIGIN]);
    const response = await preflight(ORIGIN);
    expect(response.status).to.equal(204);
    expect(response.headers.get('access-control-allow-methods')).to.match(/PATCH/);
    expect(response.headers.get('access-control-allow-headers')).to.match(/Authorization.*Idempotency-Key/);
    expect(response.headers.get('x-request-id')).to.be.a('string');
  });

  it('tells other origins nothing', async () => {
    await start([ORIGIN]);
    for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'null', ORIGIN.toUpperCase()]) {
      expect((await get('/page', origin)).headers.has('access-control-allow-origin')).to.equal(false);
      expect((await preflight(origin)).headers.has('access-control-allow-origin')).to.equal(false);
    }
  });

  it('lets any origin in for *, never with credentials', async () => {
    await start(['*']);
    const { headers } = await get('/page', 'https://any.example');
    expect(headers.get('access-control-allow-origin')).to.equal('*');
    expect(headers.has('access-control-allow-credentials')).to.equal(false);
  });
});
