import { expect } from 'chai';
import { chat, failing, page } from './routes.ts';
import { APP, bearer, type Served, serve } from './serve.ts';

describe('access log and metrics', () => {
  let served: Served;
  const observed: unknown[][] = [];
  before(async () => {
    const metrics = { observe: (...measure: unknown[]) => void observed.push(measure) };
    served = await serve([page, chat, failing(() => new Error('x'))], { metrics });
  });
  after(() => served.close());

  it('name the route by its template, never by its path or query', async () => {
    const authorization = bearer();
    await fetch(`${served.url}/applications/${APP}/chats/7`, { headers: { authorization } });
    await fetch(`${served.url}/page?q=private`);
    await fetch(`${served.url}/nowhere/secret`);
    const text = JSON.stringify(served.logs);
    for (const secret of [APP, 'private', 'secret', authorization.slice(7)])
      expect(text).not.to.include(secret);
    expect(
      served.logs.map(({ route, status, method, level }) => [method, route, status, level]),
    ).to.deep.equal([
      ['GET', '/applications/:token/chats/:number', 200, 20],
      ['GET', '/page', 200, 20],
      ['GET', 'unmatched', 404, 20],
    ]);
    for (const line of served.logs)
      expect(line).to.have.keys(
        'level',
        'time',
        'pid',
        'hostname',
        'request_id',
        'method',
        'route',
        'status',
        'ms',
        'msg',
      );
  });

  it('warn of a failure', async () => {
    await fetch(`${served.url}/failing`);
    expect(served.logs.at(-1)).to.include({ level: 40, status: 500, route: '/failing' });
  });

  it('measure every request in seconds', () => {
    expect(observed.map(([method, route, status]) => [method, route, status])).to.deep.include([
      'GET',
      '/page',
      200,
    ]);
    for (const [, , , seconds] of observed) expect(seconds).to.be.within(0, 1);
  });
});
