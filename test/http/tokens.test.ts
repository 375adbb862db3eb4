import { createHmac, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { createTokenSigner } from '../../src/auth/tokens.ts';
import { waitUntil } from '../helpers/wait-until.ts';
import { chat, whoami } from './routes.ts';
import { type Answer, APP, bearer, OPERATOR, SECRET, type Served, serve } from './serve.ts';

const now = () => Math.floor(Date.now() / 1000);
const good = { sub: 'u', app: APP, role: 'customer', jti: 'j', iss: 'anteroom', aud: 'anteroom' };
const sign = (claims: object, secret: jwt.Secret = SECRET, options: jwt.SignOptions = {}) =>
  jwt.sign({ ...good, exp: now() + 60, ...claims }, secret, options);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;

/** A token with any header, signed by HMAC with any text, as jsonwebtoken would refuse to make it. */
function forge(header: object, claims: object, secret: string): string {
  const content = `${part(header)}.${part({ ...good, exp: now() + 60, ...claims })}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

const [head, payload, signature] = sign({}).split('.') as [string, string, string];

const attacks: Record<string, () => string> = {
  'alg none': () => `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
  'alg None, with a signature': () => `${part({ alg: 'None' })}.${payload}.${signature}`,
  'HS256 signed with a public key': () => forge({ alg: 'HS256' }, {}, pem),
  RS256: () => sign({}, privateKey, { algorithm: 'RS256' }),
  HS512: () => sign({}, SECRET, { algorithm: 'HS512' }),
  'a header that says RS256 over an HMAC': () => forge({ alg: 'RS256' }, {}, SECRET),
  'kid as a path': () => forge({ alg: 'HS256', kid: '../../dev/null' }, {}, ''),
  'kid as SQL': () => forge({ alg: 'HS256', kid: "' UNION SELECT 'x" }, {}, 'x'),
  'an embedded key': () => forge({ alg: 'HS256', jwk: { kty: 'oct', k: 'eA' } }, {}, 'x'),
  'another secret': () => sign({}, 'another secret of the same kind, also long'),
  'an empty secret': () => forge({ alg: 'HS256' }, {}, ''),
  expired: () => sign({ exp: now() - 1 }),
  'not yet valid': () => sign({ nbf: now() + 60 }),
  'wrong issuer': () => sign({ iss: 'else' }),
  'no issuer': () => sign({ iss: undefined }),
  'wrong audience': () => sign({ aud: 'else' }),
  'no exp': () => jwt.sign(good, SECRET),
  'no exp for an agent': () => jwt.sign({ ...good, role: 'agent' }, SECRET),
  'exp as text': () => forge({ alg: 'HS256' }, { exp: '9999999999' }, SECRET),
  'an exp that JSON reads as null': () => forge({ alg: 'HS256' }, { exp: null }, SECRET),
  'no role': () => sign({ role: undefined }),
  'unknown role': () => sign({ role: 'root' }),
  'no application': () => sign({ app: undefined }),
  'a customer of no application': () => sign({ app: null }),
  'an operator of an application': () => sign({ role: 'operator' }),
  'no sub': () => sign({ sub: undefined }),
  'no jti': () => sign({ jti: undefined }),
  'tampered payload': () => `${head}.${part({ ...good, role: 'admin', exp: now() + 60 })}.${signature}`,
  'tampered signature': () =>
    `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
  'cut signature': () => `${head}.${payload}.${signature.slice(0, 20)}`,
  'no signature': () => `${head}.${payload}.`,
  'a payload that is no object': () => jwt.sign('text', SECRET),
  huge: () => sign({ extra: 'x'.repeat(6000) }),
  'one word': () => 'nonsense',
  'three dots': () => '...',
  nothing: () => '',
  'almost the operator token': () => `${OPERATOR}x`,
};

describe('tokens', () => {
  let served: Served;
  let revoked = '';
  before(async () => {
    served = await serve([whoami, chat], { isRevoked: ({ id }) => id === revoked });
  });
  after(() => served.close());

  const get = async (
    authorization: string,
    path = '/whoami',
  ): Promise<{ response: Response; body: Answer }> => {
    const response = await fetch(served.url + path, { headers: { authorization } });
    return { response, body: await response.json() };
  };

  for (const [name, token] of Object.entries(attacks))
    it(`are refused, also where none is needed: ${name}`, async () => {
      for (let i = 0; i < 2; i++) {
        const { response, body } = await get(`Bearer ${token()}`);
        expect(response.status).to.equal(401);
        expect(response.headers.get('www-authenticate')).to.equal('Bearer');
        expect({ ...body, request_id: '' }).to.deep.equal({
          type: 'urn:anteroom:problem:unauthenticated',
          title: 'A valid bearer token is required',
          status: 401,
          detail: 'A valid bearer token is required.',
          code: 'unauthenticated',
          request_id: '',
        });
      }
    });

  it('say who the caller is', async () => {
    const { body } = await get(`Bearer ${sign({})}`);
    expect(body.principal).to.deep.equal({ id: 'u', role: 'customer', app: APP, jti: 'j' });
  });

  it('of applications need no end, and the scheme may be written in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      expect((await get(bearer().replace('Bearer', scheme))).body.principal.role).to.equal('application');
  });

  it('may be ahead of our clock by half a minute in nbf, and not at all in exp', async () => {
    expect((await get(`Bearer ${sign({ nbf: now() + 20 })}`)).response.status).to.equal(200);
  });

  it('end when they say, also when they were good before', async () => {
    const token = `Bearer ${sign({ exp: now() + 1 })}`;
    expect((await get(token)).response.status).to.equal(200);
    await waitUntil('its end', async () => (await get(token)).response.status === 401);
  });

  it('end at once when they are revoked, also when they were good before', async () => {
    const token = bearer('customer', APP, 'leaver');
    expect((await get(token)).response.status).to.equal(200);
    revoked = 'leaver';
    expect((await get(token)).response.status).to.equal(401);
  });

  it('of the operator are taken as they stand in the configuration', async () => {
    expect((await get(`Bearer ${OPERATOR}`)).body.principal).to.deep.equal({
      id: 'operator',
      role: 'operator',
      app: null,
      jti: null,
    });
  });

  it('are needed where a route says so; other schemes are none', async () => {
    const path = `/applications/${APP}/chats/1`;
    expect((await fetch(served.url + path)).status).to.equal(401);
    expect((await get('Basic dTpw', path)).response.status).to.equal(401);
    expect((await get('Basic dTpw')).body.principal).to.equal(null);
  });

  it('without an end are not signed for people', () => {
    const subject = { sub: 'u', app: APP, role: 'customer', jti: 'j' } as const;
    expect(() => createTokenSigner(SECRET).sign(subject, null)).to.throw('without an end');
  });
});
