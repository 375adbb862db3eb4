import { expect } from 'chai';
import { chat, echo, page } from './routes.ts';
import { APP, bearer, type Served, serve } from './serve.ts';

describe('trailing slash', () => {
  let served: Served;
  before(async () => {
    served = await serve([echo, page, chat]);
  });
  after(() => served.close());

  for (const path of ['/page', '/page/', '/page/?limit=3', `/applications/${APP}/chats/1/`])
    it(`changes nothing: ${path}`, async () => {
      const response = await fetch(served.url + path, { headers: { authorization: bearer() } });
      expect(response.status).to.equal(200);
    });

  for (const path of ['/page//', '//page', '/PAGE', '/page/x', '/', ''])
    it(`is the only freedom: ${path || 'nothing'} is 404`, async () => {
      expect((await fetch(served.url + path)).status).to.equal(404);
    });
});
