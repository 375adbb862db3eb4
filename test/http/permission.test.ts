import { expect } from 'chai';
import type { Role } from '../../src/auth/principal.ts';
import { application, chat } from './routes.ts';
import { type Answer, APP, bearer, OPERATOR, OTHER_APP, type Served, serve } from './serve.ts';

describe('permission', () => {
  let served: Served;
  before(async () => {
    served = await serve([chat, application]);
  });
  after(() => served.close());

  const get = async (path: string, authorization: string) => {
    const response = await fetch(served.url + path, { headers: { authorization } });
    return { status: response.status, body: (await response.json()) as Answer };
  };

  it('is given to listed roles in their own application, with numbers as numbers', async () => {
    const { status, body } = await get(`/applications/${APP}/chats/12`, bearer('customer'));
    expect(status).to.equal(200);
    expect(body.params).to.deep.equal({ token: APP, number: 12 });
  });

  it('is refused with 403 to roles that are not listed', async () => {
    for (const role of ['visitor', 'agent', 'admin'] as Role[]) {
      const { status, body } = await get(`/applications/${APP}/chats/1`, bearer(role));
      expect([status, body.code]).to.deep.equal([403, 'forbidden']);
    }
  });

  it('is refused with 404 in another application, whatever the role', async () => {
    for (const role of ['application', 'customer', 'visitor', 'agent', 'admin'] as Role[])
      for (const path of [
        `/applications/${OTHER_APP}/chats/1`,
        `/applications/${OTHER_APP}`,
        '/applications/lobby',
      ]) {
        const { status, body } = await get(path, bearer(role));
        expect([status, body.code], `${role} ${path}`).to.deep.equal([404, 'not_found']);
      }
  });

  it('is refused with 403 to an operator unless the route lists one', async () => {
    expect((await get(`/applications/${APP}/chats/1`, `Bearer ${OPERATOR}`)).status).to.equal(403);
    expect((await get(`/applications/${APP}`, `Bearer ${OPERATOR}`)).status).to.equal(200);
  });

  it('asks who the caller is before it says what exists', async () => {
    for (const path of [
      `/applications/${APP}/chats/0`,
      '/applications/nonsense',
      `/applications/${OTHER_APP}`,
    ])
      expect((await fetch(served.url + path)).status).to.equal(401);
  });
});
