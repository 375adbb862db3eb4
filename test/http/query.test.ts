import { expect } from 'chai';
import { page, whoami } from './routes.ts';
import { type Answer, type Served, serve } from './serve.ts';

describe('queries', () => {
  let served: Served;
  before(async () => {
    served = await serve([page, whoami]);
  });
  after(() => served.close());

  const get = async (path: string): Promise<{ status: number; body: Answer }> => {
    const response = await fetch(served.url + path);
    return { status: response.status, body: await response.json() };
  };

  it('fill defaults in and coerce whole numbers', async () => {
    expect((await get('/page')).body).to.deep.equal({ limit: 50 });
    expect((await get('/page?limit=7&after=0&q=5')).body).to.deep.equal({ limit: 7, after: 0, q: '5' });
  });

  for (const limit of [
    '5e1',
    '',
    'abc',
    '0',
    '201',
    '-1',
    '05',
    '+5',
    '5.0',
    '%205',
    '0x10',
    '1e999',
    'true',
  ])
    it(`refuse limit=${limit} with 400 at /query/limit`, async () => {
      const { status, body } = await get(`/page?limit=${limit}`);
      expect(status).to.equal(400);
      expect(body.code).to.equal('validation_failed');
      expect(body.errors[0].path).to.equal('/query/limit');
    });

  it('refuse unknown names with 400, also where a route takes no query', async () => {
    expect((await get('/page?color=red')).body.errors).to.deep.equal([
      { path: '/query/color', message: 'is not a known field' },
    ]);
    expect((await get('/whoami?x=1')).status).to.equal(400);
  });

  it('refuse a name given twice', async () => {
    expect((await get('/page?q=a&q=b')).body.errors).to.deep.equal([
      { path: '/query/q', message: 'is given more than once' },
    ]);
  });
});
