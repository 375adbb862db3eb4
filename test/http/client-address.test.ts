import { expect } from 'chai';
import { whoami } from './routes.ts';
import { type Answer, type Served, serve } from './serve.ts';

describe('client address', () => {
  let served: Served;
  afterEach(() => served.close());

  const address = async (proxies: number, forwarded?: string): Promise<string> => {
    served = await serve([whoami], { TRUST_PROXY: proxies });
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    const body = (await (await fetch(`${served.url}/whoami`, { headers })).json()) as Answer;
    expect(body.peerAddress).to.equal('127.0.0.1');
    return body.address;
  };

  const cases: [number, string | undefined, string][] = [
    [0, undefined, '127.0.0.1'],
    [0, '1.2.3.4', '127.0.0.1'],
    [1, undefined, '127.0.0.1'],
    [1, '1.2.3.4', '1.2.3.4'],
    [1, '9.9.9.9, 1.2.3.4', '1.2.3.4'],
    [2, '9.9.9.9, 1.2.3.4, 10.0.0.1', '1.2.3.4'],
    [2, '1.2.3.4', '1.2.3.4'],
    [1, '1.2.3.4:5678', '1.2.3.4'],
    [1, '2001:db8::1', '2001:db8::1'],
    [1, '[2001:db8::1]:443', '2001:db8::1'],
    [1, '::ffff:1.2.3.4', '1.2.3.4'],
    [1, 'unknown', '127.0.0.1'],
    [1, '1.2.3.4, <script>', '127.0.0.1'],
    [1, '', '127.0.0.1'],
  ];
  for (const [proxies, forwarded, expected] of cases)
    it(`behind ${proxies} proxies with ${forwarded ?? 'no header'} is ${expected}`, async () => {
      expect(await address(proxies, forwarded)).to.equal(expected);
    });
});
