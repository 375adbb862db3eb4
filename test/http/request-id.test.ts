import { expect } from 'chai';
import { chat, echo, page, refused } from './routes.ts';
import { type Answer, post, raw, type Served, serve } from './serve.ts';

describe('X-Request-Id', () => {
  let served: Served;
  before(async () => {
    served = await serve([page, echo, chat, refused]);
  });
  after(() => served.close());

  const idOf = async (given?: string) => {
    const response = await fetch(`${served.url}/page`, given ? { headers: { 'x-request-id': given } } : {});
    return response.headers.get('x-request-id');
  };

  it('is fresh on every answer', async () => {
    const ids = [await idOf(), await idOf(), await idOf()];
    expect(new Set(ids).size).to.equal(3);
    for (const id of ids) expect(id).to.match(/^[0-9a-f-]{36}$/);
  });

  it('is taken over from the caller when it is safe', async () => {
    for (const id of ['a', 'trace:1/2+3=4@x_y.z', 'x'.repeat(128)]) expect(await idOf(id)).to.equal(id);
    for (const id of ['a b', 'x'.repeat(129), '"quoted"', '<b>', 'é', 'a,b', '{}'])
      expect(await idOf(id)).not.to.equal(id);
  });

  it('is on errors of every kind, in header and body alike', async () => {
    const answers = await Promise.all([
      fetch(`${served.url}/nowhere`),
      fetch(`${served.url}/failing`),
      fetch(`${served.url}/page`, { method: 'PUT' }),
      fetch(`${served.url}/page?limit=x`),
      fetch(`${served.url}/${'x'.repeat(9000)}`),
      fetch(`${served.url}/applications/lobby/chats/1`),
      post(`${served.url}/echo`, '{'),
      post(`${served.url}/echo`, 'x'.repeat(2_000_000)),
    ]);
    for (const answer of answers) {
      expect(answer.status).to.be.at.least(400);
      expect(answer.headers.get('x-request-id')).to.match(/./);
      expect(((await answer.json()) as Answer).request_id).to.equal(answer.headers.get('x-request-id'));
    }
    expect(await raw(served.port, 'BROKEN\r\n\r\n')).to.match(/X-Request-Id: [0-9a-f-]{36}/);
  });
});
