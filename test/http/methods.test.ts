import { expect } from 'chai';
import { chat, createChat, page } from './routes.ts';
import { type Answer, bearer, type Served, serve } from './serve.ts';

describe('methods', () => {
  let served: Served;
  before(async () => {
    served = await serve([page, chat, createChat]);
  });
  after(() => served.close());

  it('answer 405 with Allow when the path knows others', async () => {
    const response = await fetch(`${served.url}/page`, { method: 'DELETE' });
    expect(response.status).to.equal(405);
    expect(response.headers.get('allow')).to.equal('GET, HEAD, OPTIONS');
    expect(((await response.json()) as Answer).code).to.equal('method_not_allowed');
  });

  it('answer 405 before anyone is asked who they are', async () => {
    const response = await fetch(`${served.url}/applications/lobby/chats`, { method: 'PUT' });
    expect(response.status).to.equal(405);
    expect(response.headers.get('allow')).to.equal('OPTIONS, POST');
  });

  it('answer OPTIONS with 204 and Allow', async () => {
    const response = await fetch(`${served.url}/page`, { method: 'OPTIONS' });
    expect(response.status).to.equal(204);
    expect(response.headers.get('allow')).to.equal('GET, HEAD, OPTIONS');
  });

  it('answer OPTIONS of an unknown path with 404', async () => {
    expect((await fetch(`${served.url}/nowhere`, { method: 'OPTIONS' })).status).to.equal(404);
  });

  it('answer HEAD like GET, without a body', async () => {
    const response = await fetch(`${served.url}/page`, {
      method: 'HEAD',
      headers: { authorization: bearer() },
    });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.match(/json/);
    expect(await response.text()).to.equal('');
  });
});
