import { expect } from 'chai';
import type { Answer, Client } from '../helpers/client.ts';
import { Deployment, OPERATOR, type TestApplication } from '../helpers/deployment.ts';
import { footprintOf } from '../helpers/footprint.ts';
import { injections, stowaways } from '../helpers/hostile-values.ts';
import {
  keyFor,
  type Operation,
  operationsOf,
  type Place,
  pathAt,
  sampleCall,
  takesAnyQuery,
} from '../helpers/operations.ts';

const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Values for one query parameter; none of them is a number, a cursor or a name that a list knows. */
const badQueryValues: Record<string, string[]> = {
  state: ['', 'FAILED', 'all', 'failed,active', 'failed '],
  limit: [
    '',
    '0',
    '-1',
    '-0',
    '201',
    '1.5',
    '1e2',
    '0x10',
    '９',
    'ten',
    '1 ',
    '+1',
    '01',
    'true',
    '9007199254740993',
  ],
  after: ['', '-1', '1.5', '1e2', 'x', '01', '9007199254740993', '2147483648'],
  before: ['', '0', '-1', '1.5', 'x', '9007199254740993'],
  sort: ['', 'name', 'NUMBER', 'number,activity', 'number desc', '-number', '__proto__', 'constructor'],
  status: ['', 'OPEN', 'deleted', 'open,closed', '__proto__'],
  cursor: [
    ...[
      '',
      'x',
      '0',
      '{}',
      '../..',
      'null',
      'x'.repeat(501),
      forged(null),
      forged([]),
      forged({}),
      forged(7),
    ],
    ...[
      'chats by number',
      'chats by activity',
      'messages',
      'search',
      'keys',
      'applications',
      'unread',
    ].flatMap((list) =>
      [
        { number: 1e12, activity: 1e17 },
        { number: "1' --", id: "1' --", at: "1' --" },
        { id: 1e300, at: 1e300 },
        { id: -1 },
        { id: 'x', at: 1 },
        {},
      ].map((at) => forged({ v: 1, list, at })),
    ),
  ],
  q: ['', ' ', '%00', '%ED%A0%80', 'x'.repeat(201)],
};

const badSegments = [
  ...[
    '0',
    '-1',
    '01',
    '1.0',
    '1e0',
    '1;',
    '2147483648',
    '99999999999999999999',
    'NaN',
    'null',
    'undefined',
    'x',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    '%00',
    '1%00',
    '%2e%2e%2f',
    '..%2f..%2fetc%2fpasswd',
  ],
  ...[
    '%5c..%5c',
    '%c0%ae',
    '%ff',
    '%',
    '%zz',
    '%E0%A4%A',
    'x'.repeat(300),
    '*',
    '%20',
    '%0d%0aX-A:%20b',
    'LOBBY',
  ],
];

describe('an address that is not right', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  let place: Place;
  let routes: Operation[];
  let stored: Record<string, number>;
  before(async () => {
    deployment = await Deployment.create();
    const worker = await deployment.worker();
    ({ client } = await deployment.api());
    app = await deployment.application(client);
    for (let chat = 1; chat <= 2; chat++) {
      await client.post(`${app.path}/chats`, { key: app.key });
      await client.post(`${app.path}/chats/${chat}/messages`, { key: app.key, body: { body: 'word' } });
    }
    const { key_id } = (await client.post(`${app.path}/keys`, { key: app.key })).body;
    place = { token: app.token, key_id, number: 1, n: 1 };
    await deployment.settled();
    await worker.stop();
    routes = await operationsOf(client.origin);
    stored = await footprintOf(deployment);
  });
  afterEach(async () => {
    expect(await footprintOf(deployment), 'something was written').to.deep.equal(stored);
  });
  after(() => deployment.stop());

  const bearerOf = ({ path }: Operation) => keyFor(path, app.key);

  /** The sample request with something appended to its query. */
  async function ask(route: Operation, query: string): Promise<Answer> {
    const { path, options } = sampleCall(route, place);
    const url = `${path}${path.includes('?') ? '&' : '?'}${query}`;
    return client.call(route.method, url, { ...options, key: bearerOf(route) });
  }

  function expectProblem({ status, headers, body }: Answer, expected: number, why: string): void {
    expect(status, why).to.equal(expected);
    expect(headers.get('content-type'), why).to.match(/^application\/problem\+json/);
    expect(body.request_id).to.equal(headers.get('x-request-id'));
  }

  it('is refused for parameters that the route does not know', async () => {
    for (const route of routes.filter(({ path }) => !takesAnyQuery(path))) {
      const known = route.query.map(({ name }) => name);
      for (const name of [...stowaways, 'offset', 'q[]', 'limit[$gt]', 'x.y'].filter(
        (one) => !known.includes(one),
      ))
        expectProblem(await ask(route, `${encodeURIComponent(name)}=1`), 400, `${route.name}: ${name}`);
    }
  });

  it('is refused for broken encoding, NUL and half characters in its query', async () => {
    for (const route of routes.filter(({ path }) => !takesAnyQuery(path))) {
      for (const query of ['%', 'a=%', 'a=%zz', 'a=%ff', '%00=1', 'a=%00', 'a=%ED%A0%80', '=', '&=&=1'])
        expectProblem(await ask(route, query), 400, `${route.name}: ${query}`);
    }
  });

  it('is refused for a parameter twice, and for values that none of the kind has', async () => {
    let asked = 0;
    for (const route of routes) {
      for (const { name } of route.query) {
        const { path } = sampleCall(route, place);
        const bad = badQueryValues[name];
        if (!bad) throw new Error(`no bad values are known for the parameter ${name} of ${route.name}`);
        const values = name === 'q' ? bad : [...bad, ...injections];
        for (const value of values) {
          const encoded = /^%[0-9A-F]/.test(value) ? value : encodeURIComponent(value);
          const url = `${path.split('?')[0]}?${name === 'q' ? '' : (path.split('?')[1] ?? '')}&${name}=${encoded}`;
          const answer = await client.call(route.method, url, { key: bearerOf(route) });
          expectProblem(answer, 400, `${route.name}: ${name}=${value}`);
          asked++;
        }
        expectProblem(await ask(route, `${name}=1&${name}=1`), 400, `${route.name}: ${name} twice`);
      }
    }
    expect(asked).to.be.greaterThan(400);
  });

  it('finds nothing in search for SQL, and breaks nothing', async () => {
    for (const text of injections) {
      const { status, body } = await client.get(`${app.path}/messages/search?q=${encodeURIComponent(text)}`, {
        key: app.key,
      });
      expect(status, text).to.equal(200);
      expect(body.data, text).to.deep.equal([]);
    }
  });

  it('is 404 for a path whose parts name nothing', async () => {
    for (const route of routes) {
      for (const [, name = ''] of route.path.matchAll(/\{(\w+)\}/g)) {
        for (const segment of [...badSegments, ...injections.map(encodeURIComponent)]) {
          const sample = sampleCall(route, place);
          const path = pathAt(route.path, { ...place, [name]: segment });
          // Only the whole of a path can be another route's.
          if (routes.some((other) => other.method === route.method && other.path === path)) continue;
          const answer = await client.call(route.method, path, { ...sample.options, key: bearerOf(route) });
          expectProblem(answer, 404, `${route.name}: ${name}=${segment}`);
          if (name === 'token') {
            const { status } = await client.call(route.method, path, { ...sample.options, key: OPERATOR });
            expect(status, `operator, ${route.name}: ${segment}`).to.be.oneOf([403, 404]);
          }
        }
      }
    }
  });
});
