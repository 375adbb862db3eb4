import { expect } from 'chai';
import { Type } from 'typebox';
import { defineRoute } from '../../src/http/define-route.ts';
import { type Answer, post, type Served, serve } from './serve.ts';

const token = defineRoute({
  method: 'POST',
  path: '/token',
  summary: 'Takes a form too',
  tag: 'Tests',
  roles: 'public',
  form: true,
  body: Type.Object({ username: Type.String(), password: Type.String() }),
  responses: { 200: { description: 'Fine.' } },
  handler: ({ body }) => ({ status: 200, body }),
});

describe('forms', () => {
  let served: Served;
  before(async () => {
    served = await serve([token]);
  });
  after(() => served.close());

  const send = async (text: string, type = 'application/x-www-form-urlencoded') => {
    const response = await post(`${served.url}/token`, text, { 'content-type': type });
    return { status: response.status, body: (await response.json()) as Answer };
  };

  it('are read where a route takes them, beside JSON', async () => {
    expect((await send('username=a+b&password=%C3%A9%26')).body).to.deep.equal({
      username: 'a b',
      password: 'é&',
    });
    expect((await send('{"username":"a","password":"5"}', 'application/json')).status).to.equal(200);
  });

  for (const text of [
    'username=a',
    'username=a&password=b&x=1',
    'username=a&username=b&password=c',
    'username=%00&password=b',
  ])
    it(`are held against the schema like JSON: ${text}`, async () => {
      expect((await send(text)).status).to.equal(400);
    });
});
