import { connect } from 'node:net';
import { expect } from 'chai';
import { pino } from 'pino';
import { createApp } from '../../src/http/app.ts';
import { createHttpServer, listen } from '../../src/http/server-limits.ts';
import { echo, page } from './routes.ts';
import { post, raw, type Served, serve } from './serve.ts';

describe('the server', () => {
  let served: Served;
  before(async () => {
    served = await serve([page, echo]);
  });
  after(() => served.close());

  it('says what to do when its port is taken', async () => {
    const config = { NODE_ENV: 'test', BASE_PATH: '', TRUST_PROXY: 0, CORS_ORIGINS: [] as string[] } as const;
    const authenticate = () => Promise.reject(new Error('unused'));
    const app = createApp({ config, routes: [], authenticate, log: pino({ level: 'silent' }) });
    const second = listen(createHttpServer(app), { host: '127.0.0.1', port: served.port });
    const message = await second.then(String, (error: Error) => error.message);
    expect(message).to.equal(
      `Port ${served.port} on 127.0.0.1 is in use; stop what listens there or set PORT.`,
    );
  });

  it('refuses a request without Host, and two routes in one place', async () => {
    expect(await raw(served.port, 'GET /page HTTP/1.1\r\n\r\n', /request_id/)).to.match(
      /^HTTP\/1.1 400 [\s\S]*\/header\/Host/,
    );
    const failed = await serve([page, page]).then(String, (error: Error) => error.message);
    expect(failed).to.equal('Two routes for GET /page');
  });

  it('asks for no body that it would refuse', async () => {
    const head =
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n';
    expect(await raw(served.port, `${head}Content-Length: 9999999\r\n\r\n`, /request_id/)).to.match(
      /^HTTP\/1.1 413/,
    );
    expect(await raw(served.port, `${head}Content-Length: 12\r\n\r\n`, /100/)).to.match(/^HTTP\/1.1 100/);
  });

  it('lets go of slow senders of headers and bodies within 15 seconds, with 408', async function () {
    this.timeout(17_000);
    const started = performance.now();
    const slow = [
      'GET /page HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
    ];
    const answers = await Promise.all(slow.map((start) => raw(served.port, start)));
    expect(performance.now() - started).to.be.below(15_500);
    for (const answer of answers) {
      expect(answer).to.match(/^HTTP\/1.1 408 /);
      expect(answer).to.include('"code":"request_timeout"');
    }
  });

  it('serves others while a thousand sockets stay idle', async () => {
    const idle = await Promise.all(
      Array.from({ length: 1000 }, () => {
        const socket = connect(served.port, '127.0.0.1');
        return new Promise<typeof socket>((resolve) => socket.on('connect', () => resolve(socket)));
      }),
    );
    expect((await post(`${served.url}/echo`, { text: 'a' })).status).to.equal(200);
    for (const socket of idle) socket.destroy();
  });
});
