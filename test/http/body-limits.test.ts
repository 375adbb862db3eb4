import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { anything, echo } from './routes.ts';
import { type Answer, post, raw, type Served, serve } from './serve.ts';

const MB = 1_048_576;
const head = (...lines: string[]) =>
  ['POST /anything HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...lines, '', ''].join('\r\n');

/** Sends chunks of a body without end until the server has had enough; answers what it said. */
function flood(port: number): Promise<{ text: string; sent: number }> {
  const chunk = Buffer.from(`10000\r\n${'a'.repeat(65_536)}\r\n`);
  return new Promise((resolve) => {
    let text = '';
    let sent = 0;
    const socket = connect(port, '127.0.0.1');
    const push = () => {
      while (!socket.destroyed && sent < 200 * MB) {
        sent += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.write(head('Transfer-Encoding: chunked'));
    socket.on('drain', push);
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ text, sent }));
    push();
  });
}

describe('body limits', () => {
  let served: Served;
  before(async () => {
    served = await serve([anything, echo]);
  });
  after(() => served.close());

  const alive = async () =>
    expect((await post(`${served.url}/anything`, { still: 'alive' })).status).to.equal(200);

  it('take one MiB and refuse one byte more with 413', async () => {
    expect((await post(`${served.url}/anything`, `"${'a'.repeat(MB - 2)}"`)).status).to.equal(200);
    const response = await post(`${served.url}/anything`, `"${'a'.repeat(MB - 1)}"`);
    expect(response.status).to.equal(413);
    expect(((await response.json()) as Answer).code).to.equal('body_too_large');
  });

  it('let a client that sends ten MB see its 413', async () => {
    for (let i = 0; i < 10; i++)
      expect((await post(`${served.url}/anything`, 'a'.repeat(10 * MB))).status).to.equal(413);
    await alive();
  });

  it('refuse by the declared length before a byte of the body has come', async () => {
    const text = await raw(served.port, head(`Content-Length: ${50 * MB}`), /request_id.*\}$/);
    expect(text).to.match(/^HTTP\/1.1 413 /);
    expect(text).to.match(/Connection: close/);
  });

  it('answer and cut off an endless chunked body without keeping it', async function () {
    this.timeout(10_000);
    const before = process.memoryUsage().arrayBuffers;
    const { text, sent } = await flood(served.port);
    expect(text).to.match(/^HTTP\/1.1 413 /);
    expect(sent).to.be.below(60 * MB);
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(30 * MB);
    await alive();
  });

  it('read a body that comes in many small pieces', async () => {
    const body = JSON.stringify({ text: '😀 piece by piece' });
    const socket = connect(served.port, '127.0.0.1');
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.write(head(`Content-Length: ${Buffer.byteLength(body)}`));
    for (const byte of Buffer.from(body)) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await answer)
      .to.match(/^HTTP\/1.1 200 /)
      .and.to.include('piece by piece');
    socket.destroy();
  });

  it('treat what exceeds a lying Content-Length as the next, broken request', async () => {
    const text = await raw(served.port, `${head('Content-Length: 4')}nullGARBAGE\r\n\r\n`);
    expect(text).to.match(/^HTTP\/1.1 200 /);
    expect(text).to.match(/HTTP\/1.1 400 /);
    expect(text).to.include('malformed_request');
  });

  it('refuse Content-Length beside Transfer-Encoding, the tool of request smuggling', async () => {
    const text = await raw(
      served.port,
      `${head('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    );
    expect(text).to.match(/^HTTP\/1.1 400 /);
  });

  it('forget a client that leaves in the middle of its body', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(served.port, '127.0.0.1', () =>
        socket.write(`${head('Content-Length: 100')}{"a":`),
      );
      setTimeout(() => socket.destroy(), 20);
      socket.on('close', () => resolve());
    });
    await alive();
    expect(served.logs.filter(({ msg }) => msg === 'request failed')).to.deep.equal([]);
    expect(served.logs.some(({ status }) => status === 499)).to.equal(true);
  });

  it('refuse a compressed body with 415, however small', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * MB));
    for (const encoding of ['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip']) {
      const response = await post(`${served.url}/anything`, bomb, { 'content-encoding': encoding });
      expect(response.status, encoding).to.equal(415);
    }
    expect((await post(`${served.url}/anything`, {}, { 'content-encoding': 'identity' })).status).to.equal(
      200,
    );
  });

  const types: [string, number][] = [
    ['application/json', 200],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON;charset="UTF-8"', 200],
    ['application/json; charset=latin1', 415],
    ['application/json; charset=utf-16', 415],
    ['application/jsonp', 415],
    ['application/merge-patch+json', 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
  ];
  for (const [type, status] of types)
    it(`answer ${status} for ${type}`, async () => {
      expect((await post(`${served.url}/anything`, '{}', { 'content-type': type })).status).to.equal(status);
    });
});
