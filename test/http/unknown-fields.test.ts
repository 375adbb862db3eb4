import { expect } from 'chai';
import { echo, optional } from './routes.ts';
import { type Answer, post, type Served, serve } from './serve.ts';

describe('bodies against their schema', () => {
  let served: Served;
  before(async () => {
    served = await serve([echo, optional]);
  });
  after(() => served.close());

  const errors = async (body: unknown): Promise<Answer> => {
    const response = await post(`${served.url}/echo`, body);
    expect(response.status).to.equal(400);
    return ((await response.json()) as Answer).errors;
  };

  it('refuse unknown fields at any depth though no schema says so', async () => {
    expect(await errors({ text: 'a', balance: 5 })).to.deep.equal([
      { path: '/body/balance', message: 'is not a known field' },
    ]);
    expect(await errors({ text: 'a', inner: { flag: true, role: 'admin' } })).to.deep.equal([
      { path: '/body/inner/role', message: 'is not a known field' },
    ]);
  });

  it('coerce nothing', async () => {
    expect(await errors({ text: 5 })).to.deep.equal([{ path: '/body/text', message: 'must be string' }]);
    for (const count of ['5', 5.5, true, null, [5], {}])
      expect(await errors({ text: 'a', count })).to.deep.equal([
        { path: '/body/count', message: 'must be integer' },
      ]);
    expect(await errors({ text: ['a'] })).to.have.length(1);
  });

  it('name every fault', async () => {
    const paths = (await errors({ inner: {}, x: 1 })).map(({ path }: Answer) => path);
    expect(paths).to.have.members(['/body/text', '/body/inner/flag', '/body/x']);
  });

  it('list at most twenty faults of many thousand, soon', async () => {
    const body = Object.fromEntries(Array.from({ length: 19_000 }, (_, i) => [`k${i}`, 1]));
    const started = performance.now();
    expect(await errors(body)).to.have.length(20);
    expect(performance.now() - started).to.be.below(300);
  });

  for (const body of [[], 'text', 5, null, true])
    it(`refuse ${JSON.stringify(body)} in place of an object`, async () => {
      expect(await errors(JSON.stringify(body))).to.deep.equal([
        { path: '/body', message: 'must be object' },
      ]);
    });

  it('keep open what is meant to be open', async () => {
    const body = { text: 'a', metadata: { any: ['thing'] } };
    const response = await post(`${served.url}/echo`, body);
    expect(await response.json()).to.deep.equal(body);
  });

  it('may be left out where every field is optional, and only there', async () => {
    const none = await fetch(`${served.url}/optional`, { method: 'POST' });
    expect(await none.json()).to.deep.equal({});
    const chunked = await fetch(`${served.url}/optional`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '',
    });
    expect(chunked.status).to.equal(200);
    expect((await fetch(`${served.url}/echo`, { method: 'POST' })).status).to.equal(415);
    expect((await post(`${served.url}/echo`, '')).status).to.equal(400);
    expect((await post(`${served.url}/optional`, { nam: 'x' })).status).to.equal(400);
  });
});
