import { expect } from 'chai';
import { failing, refused } from './routes.ts';
import { type Answer, type Served, serve } from './serve.ts';

const errorWith = (fields: object, message = 'boom secret detail') =>
  Object.assign(new Error(message), fields);

describe('problem documents', () => {
  let served: Served;
  afterEach(() => served.close());

  const get = async (path: string): Promise<{ response: Response; body: Answer }> => {
    const response = await fetch(served.url + path);
    return { response, body: await response.json() };
  };

  it('carry code, title, status, detail, request id and the fields of the error', async () => {
    served = await serve([refused]);
    const { response, body } = await get('/failing');
    expect(response.status).to.equal(402);
    expect(response.headers.get('content-type')).to.equal('application/problem+json');
    expect(body).to.deep.equal({
      type: 'urn:anteroom:problem:insufficient_balance',
      title: 'The balance is too low',
      status: 402,
      detail: 'The price is 5.',
      code: 'insufficient_balance',
      request_id: response.headers.get('x-request-id'),
      price: 5,
      balance: 1,
    });
  });

  it('tell nothing of an unforeseen error, which is logged with the request id', async () => {
    served = await serve([failing(() => new TypeError('boom secret detail'))]);
    const { response, body } = await get('/failing');
    expect(response.status).to.equal(500);
    expect(body.code).to.equal('internal');
    expect(JSON.stringify(body)).not.to.include('secret');
    const line = served.logs.find(({ msg }) => msg === 'request failed');
    expect(line).to.include({ request_id: body.request_id, route: '/failing' });
    expect(line?.err).to.have.property('message', 'boom secret detail');
  });

  it('are sent for a path that does not exist', async () => {
    served = await serve([refused]);
    const { response, body } = await get('/nowhere?x=1');
    expect(response.status).to.equal(404);
    expect(body.code).to.equal('not_found');
  });

  const transient = [
    ...[
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'EPIPE',
      '57P01',
      '57P02',
      '57P03',
      '53300',
      '08006',
      '57014',
    ].map((code) => ({ code })),
    { name: 'KnexTimeoutError' },
    { name: 'MaxRetriesPerRequestError' },
    { name: 'DBError', nativeError: { code: '57P01' } },
    { name: 'ReplyError', message: 'LOADING Redis is loading the dataset in memory' },
    { message: 'Connection is closed.' },
    { message: "Stream isn't writeable and enableOfflineQueue options is false" },
    { message: 'Connection terminated unexpectedly' },
  ];

  for (const fields of transient)
    it(`are 503 with Retry-After for a store that is away: ${JSON.stringify(fields)}`, async () => {
      served = await serve([failing(() => errorWith(fields))]);
      const { response, body } = await get('/failing');
      expect(response.status).to.equal(503);
      expect(body.code).to.equal('unavailable');
      expect(response.headers.get('retry-after')).to.equal('1');
    });

  it('are 500, not 503, for a fault of the program that a store reports', async () => {
    served = await serve([failing(() => errorWith({ code: '42P01' }))]);
    expect((await get('/failing')).response.status).to.equal(500);
  });
});
