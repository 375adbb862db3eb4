import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { defineRoute } from '../../src/http/define-route.ts';
import { canonicalJson } from '../../src/http/idempotency.ts';
import { createChat } from './routes.ts';
import { type Answer, APP, bearer, OTHER_APP, post, type Served, serve } from './serve.ts';

const handler = ({ idempotency }: { idempotency: { principal: string } | null }) => ({
  status: 200,
  body: idempotency ?? { principal: null },
});
const shared = { method: 'POST', summary: '', tag: '', roles: 'public', responses: {} } as const;
const open = defineRoute({ ...shared, path: '/open', handler });
const deaf = defineRoute({ ...shared, path: '/deaf', idempotent: false, handler });

describe('Idempotency-Key', () => {
  let served: Served;
  before(async () => {
    served = await serve([createChat, open, deaf], { BASE_PATH: '/base' });
  });
  after(() => served.close());

  const send = async (
    key: string,
    body: unknown,
    { app = APP, sub = 'someone', slash = '' } = {},
  ): Promise<Answer> => {
    const headers = { authorization: bearer('customer', app, sub), 'idempotency-key': key };
    const response = await post(`${served.url}/base/applications/${app}/chats${slash}`, body, headers);
    return { status: response.status, ...((await response.json()) as object) };
  };

  it('is hashed with its principal', async () => {
    const { principal, key } = await send('k1', {});
    expect(principal).to.equal(`${APP}:someone`);
    const expected = createHash('sha256').update(`${principal}\0k1`).digest('hex').slice(0, 32);
    expect(key).to.equal(expected);
    expect((await send('k1', {}, { sub: 'else' })).key).not.to.equal(key);
    expect((await send('k1', {}, { app: OTHER_APP })).key).not.to.equal(key);
    expect((await send('k2', {})).key).not.to.equal(key);
  });

  it('has a fingerprint of method, path and body, whatever the order of keys, the spaces or the slash', async () => {
    const { fingerprint } = await send('k', '{"subject":"a"}');
    expect((await send('k', ' { "subject" : "\\u0061" } ')).fingerprint).to.equal(fingerprint);
    expect((await send('k', '{"subject":"a"}', { slash: '/' })).fingerprint).to.equal(fingerprint);
    expect((await send('k', '{"subject":"b"}')).fingerprint).not.to.equal(fingerprint);
    expect((await send('k', '{"subject":"a"}', { app: OTHER_APP })).fingerprint).not.to.equal(fingerprint);
    const text = `POST\n/applications/${APP}/chats\n{"subject":"a"}`;
    expect(fingerprint).to.equal(createHash('sha256').update(text).digest('hex').slice(0, 32));
  });

  it('has 1 to 255 printable characters', async () => {
    expect((await send('x'.repeat(255), {})).status).to.equal(200);
    for (const key of ['x'.repeat(256), '', 'é', 'a\tb']) {
      const { status, errors } = await send(key, {});
      expect(status, key).to.equal(400);
      expect(errors[0].path).to.equal('/header/Idempotency-Key');
    }
  });

  it('has 16 characters or more where no bearer stands beside it', async () => {
    const anonymous = async (key: string) => post(`${served.url}/base/open`, {}, { 'idempotency-key': key });
    expect((await anonymous('x'.repeat(15))).status).to.equal(400);
    expect(((await (await anonymous('x'.repeat(16))).json()) as Answer).principal).to.equal('anonymous');
  });

  it('is ignored by routes that take none, and is null when it was not sent', async () => {
    const response = await post(`${served.url}/base/deaf`, {}, { 'idempotency-key': 'short' });
    expect(((await response.json()) as Answer).principal).to.equal(null);
    const without = await post(`${served.url}/base/open`, {});
    expect(((await without.json()) as Answer).principal).to.equal(null);
  });

  it('sees equal values as equal, and different ones as different', () => {
    const shuffled = (value: unknown): unknown =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(Object.entries(value).reverse());
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(value))).to.equal(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
