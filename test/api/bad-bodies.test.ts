import { expect } from 'chai';
import type { Answer, Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { footprintOf } from '../helpers/footprint.ts';
import {
  extremeNumbers,
  impossibleStrings,
  stowaways,
  takes,
  wrongTypes,
} from '../helpers/hostile-values.ts';
import { keyFor, type Operation, operationsOf, sampleCall } from '../helpers/operations.ts';

const DEEP = 100_000;

const notJson: Record<string, string | Buffer> = {
  'nothing but a brace': '{',
  'single quotes': "{'name':'x'}",
  'a comma too many': '{"name":"x",}',
  'two values': '{}{}',
  'a comment': '{/* */}',
  NaN: '{"name":NaN}',
  'deep arrays': '['.repeat(DEEP) + ']'.repeat(DEEP),
  'deep objects': `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  'deep and unfinished': '[{"a":'.repeat(DEEP),
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  'UTF-16': Buffer.from('\uFEFF{"name":"x"}', 'utf16le'),
};

const noObject = ['null', 'true', '7', '"text"', '[]', '[{"name":"x"}]', '1.5'];

const otherTypes = [
  ...[
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ],
  ...['application/json; charset=iso-8859-1', 'application/jsonp', 'application/json, text/plain', 'json'],
];

describe('a body that is not right', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let keyId: string;
  let routes: Operation[];
  let stored: Record<string, number>;
  before(async () => {
    deployment = await Deployment.create();
    const worker = await deployment.worker();
    ({ client } = await deployment.api());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
    await client.post(`${app.path}/chats/1/messages`, { key: app.key, body: { body: 'Hi' } });
    keyId = (await client.post(`${app.path}/keys`, { key: app.key })).body.key_id;
    await deployment.settled();
    // Nothing may happen by itself from here on.
    await worker.stop();
    routes = (await operationsOf(client.origin)).filter(({ body }) => body !== null);
    stored = await footprintOf(deployment);
  });
  afterEach(async () => {
    expect(await footprintOf(deployment), 'something was written').to.deep.equal(stored);
  });
  after(() => deployment.stop());

  const sampleOf = (route: Operation) => {
    const place = { token: app.token, key_id: keyId, number: 1, n: 1 };
    const { path, options } = sampleCall(route, place);
    return { path, body: options.body as Record<string, unknown> };
  };

  function send(
    route: Operation,
    raw: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const key = keyFor(route.path, app.key);
    return client.call(route.method, sampleOf(route).path, { key, raw, headers });
  }

  /** The sample with one member replaced or added, as text. */
  const withMember = (route: Operation, name: string, json: string): string => {
    const others = Object.entries(sampleOf(route).body).filter(([other]) => other !== name);
    const members = others.map(([other, value]) => `${JSON.stringify(other)}:${JSON.stringify(value)}`);
    return `{${[...members, `${JSON.stringify(name)}:${json}`].join()}}`;
  };

  function expectProblem(
    { status, headers, body }: Answer,
    expected: number,
    code: string,
    why: string,
  ): void {
    expect(status, why).to.equal(expected);
    expect(body.code, why).to.equal(code);
    expect(headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(body.request_id).to.equal(headers.get('x-request-id'));
  }

  async function eachRoute(run: (route: Operation) => Promise<void>): Promise<void> {
    expect(routes.length).to.be.at.least(8);
    for (const route of routes) await run(route);
  }

  it('is refused when it is not JSON', () =>
    eachRoute(async (route) => {
      for (const [what, raw] of Object.entries(notJson))
        expectProblem(await send(route, raw), 400, 'invalid_json', `${route.name}: ${what}`);
    }));

  it('is refused when it is no object', () =>
    eachRoute(async (route) => {
      for (const raw of noObject)
        expectProblem(await send(route, raw), 400, 'validation_failed', `${route.name}: ${raw}`);
    }));

  it('is refused when it is empty but needed', () =>
    eachRoute(async (route) => {
      if (!route.bodyRequired) return;
      expectProblem(
        await send(route, '', { 'content-type': 'application/json' }),
        400,
        'invalid_json',
        route.name,
      );
      expectProblem(await send(route, '{}'), 400, 'validation_failed', route.name);
    }));

  it('is refused when it is of another content type', () =>
    eachRoute(async (route) => {
      const good = JSON.stringify(sampleOf(route).body);
      for (const type of otherTypes)
        expectProblem(
          await send(route, good, { 'content-type': type }),
          415,
          'unsupported_media_type',
          `${route.name}: ${type}`,
        );
      const zipped = await send(route, good, { 'content-encoding': 'gzip' });
      expect(zipped.status, `${route.name}: gzip`).to.equal(415);
    }));

  it('is refused when a key comes twice, however it is written', () =>
    eachRoute(async (route) => {
      const [name = 'x', value = 1] = Object.entries(sampleOf(route).body)[0] ?? [];
      const [first, ...rest] = name;
      const escaped = `\\u${first!.charCodeAt(0).toString(16).padStart(4, '0')}${rest.join('')}`;
      const json = JSON.stringify(value);
      for (const second of [name, escaped])
        expectProblem(
          await send(route, `{"${name}":${json},"${second}":${json}}`),
          400,
          'invalid_json',
          `${route.name}: ${second}`,
        );
    }));

  it('is refused when a field has another type', () =>
    eachRoute(async (route) => {
      for (const [name, schema] of Object.entries(route.body!.properties ?? {})) {
        const wrong = wrongTypes(schema);
        expect(wrong.length, `${route.name} ${name}`).to.be.greaterThan(0);
        for (const json of wrong) {
          const answer = await send(route, withMember(route, name, json));
          expectProblem(answer, 400, 'validation_failed', `${route.name}: ${name}=${json}`);
          expect(answer.body.errors[0].path).to.match(new RegExp(`^/body/${name}`));
        }
      }
    }));

  it('is refused when a number is out of every range', () =>
    eachRoute(async (route) => {
      for (const [name, schema] of Object.entries(route.body!.properties ?? {})) {
        const numbers =
          takes(schema, 'integer') && schema.minimum === 1 ? [...extremeNumbers, '-0', '0'] : extremeNumbers;
        for (const json of numbers)
          expectProblem(
            await send(route, withMember(route, name, json)),
            400,
            'validation_failed',
            `${route.name}: ${name}=${json}`,
          );
      }
    }));

  it('is refused when a string holds NUL or half a character, at any depth', () =>
    eachRoute(async (route) => {
      const names = Object.keys(route.body!.properties ?? {});
      for (const name of names) {
        for (const json of impossibleStrings) {
          for (const value of [json, `[${json}]`, `{"a":{"b":[${json}]}}`, `{${json}:1}`])
            expectProblem(
              await send(route, withMember(route, name, value)),
              400,
              'validation_failed',
              `${route.name}: ${name}=${value}`,
            );
        }
      }
    }));

  it('is refused when it holds fields that are not the route’s', () =>
    eachRoute(async (route) => {
      const known = Object.keys(route.body!.properties ?? {});
      for (const name of stowaways.filter((one) => !known.includes(one))) {
        for (const json of ['1', '"x"', '{}', '{"polluted":true}']) {
          const answer = await send(route, withMember(route, name, json));
          expectProblem(answer, 400, 'validation_failed', `${route.name}: ${name}=${json}`);
          expect(answer.body.errors[0].path).to.equal(`/body/${name}`);
        }
      }
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    }));

  it('is refused when it hides a prototype where anything else may stand', () =>
    eachRoute(async (route) => {
      for (const name of Object.keys(route.body!.properties ?? {})) {
        for (const value of [
          '{"__proto__":{"polluted":true}}',
          '{"a":{"constructor":{"prototype":{"polluted":true}}}}',
        ])
          expectProblem(
            await send(route, withMember(route, name, value)),
            400,
            'validation_failed',
            `${route.name}: ${name}=${value}`,
          );
      }
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    }));
});
