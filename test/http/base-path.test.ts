import { expect } from 'chai';
import { page } from './routes.ts';
import { type Served, serve } from './serve.ts';

describe('BASE_PATH', () => {
  let served: Served;
  before(async () => {
    served = await serve([page], { BASE_PATH: '/chat' });
  });
  after(() => served.close());

  const cases: [string, number][] = [
    ['/chat/page', 200],
    ['/chat/page/?limit=2', 200],
    ['/page', 404],
    ['/chatpage', 404],
    ['/chat', 404],
    ['/chat?x=1', 404],
    ['/chat/chat/page', 404],
  ];
  for (const [path, status] of cases)
    it(`answers ${status} for ${path}`, async () => {
      expect((await fetch(served.url + path)).status).to.equal(status);
    });
});
