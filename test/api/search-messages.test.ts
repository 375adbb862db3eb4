import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';
import { mintToken } from '../helpers/tokens.ts';

interface Hit {
  chat_number: number;
  number: number;
  body: string;
  highlights: [number, number][];
}

describe('search', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
  });
  beforeEach(async () => {
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key });
  });
  after(() => deployment.stop());

  const send = async (body: string, chat = 1) =>
    (await client.post(`${app.path}/chats/${chat}/messages`, { key: app.key, body: { body } })).body.number;

  async function search(q: string, place = '', key = app.key): Promise<Hit[]> {
    const query = `q=${encodeURIComponent(q)}`;
    const { status, body } = await client.get(`${app.path}${place}/messages/search?${query}`, { key });
    expect(status, q).to.equal(200);
    return body.data;
  }

  const bodies = async (q: string, place = '') => (await search(q, place)).map(({ body }) => body);

  it('finds messages that hold every word, in any order, newest first', async () => {
    for (const body of ['the red box', 'a box of red paint', 'red paint', 'nothing']) await send(body);
    await deployment.settled();
    expect(await bodies('red box')).to.deep.equal(['a box of red paint', 'the red box']);
    expect(await bodies('box  red\tred')).to.deep.equal(['a box of red paint', 'the red box']);
    expect(await bodies('red')).to.have.length(3);
    expect(await bodies('red missing')).to.deep.equal([]);
  });

  it('finds parts of words, short ones too', async () => {
    for (const body of ['Bestellung', 'stellung', 'Stuhl']) await send(body);
    await deployment.settled();
    expect(await bodies('stell')).to.deep.equal(['stellung', 'Bestellung']);
    expect(await bodies('tu')).to.deep.equal(['Stuhl']);
    expect(await bodies('S')).to.have.length(3);
  });

  it('looks past case in every script', async () => {
    for (const body of ['STRASSE Überweg', 'ΑΘΉΝΑ', 'привет МИР', 'ÇAĞ']) await send(body);
    await deployment.settled();
    expect(await bodies('überweg strasse')).to.deep.equal(['STRASSE Überweg']);
    expect(await bodies('αθήνα')).to.deep.equal(['ΑΘΉΝΑ']);
    expect(await bodies('ПРИВЕТ мир')).to.deep.equal(['привет МИР']);
    expect(await bodies('çağ')).to.deep.equal(['ÇAĞ']);
  });

  it('takes every character as itself', async () => {
    const all = [
      '100%',
      '100 %',
      'a_b',
      'axb',
      'c:\\dir',
      "it's",
      '"quoted"',
      '(a|b)*',
      '🧀 cheese',
      'a*b?',
      '$1',
      '?',
    ];
    for (const body of all) await send(body);
    await deployment.settled();
    for (const [q, found] of [
      ['100%', ['100%']],
      ['%', ['100 %', '100%']],
      ['a_b', ['a_b']],
      ['_', ['a_b']],
      ['\\', ['c:\\dir']],
      ['\\d', ['c:\\dir']],
      ["'", ["it's"]],
      ['"quoted"', ['"quoted"']],
      ['(a|b)*', ['(a|b)*']],
      ['.*', []],
      ['🧀', ['🧀 cheese']],
      ['$1', ['$1']],
      ['?', ['?', 'a*b?']],
      ["' OR '1'='1", []],
    ] as [string, string[]][])
      expect(await bodies(q), q).to.deep.equal(found);
    expect((await search('🧀'))[0]?.highlights).to.deep.equal([[0, 1]]);
    expect((await search('(a|b)*'))[0]?.highlights).to.deep.equal([[0, 6]]);
  });

  it('marks every match in code points, overlapping ones as one', async () => {
    await send('🧀🧀 Käse und KÄSE, käsekäse');
    await deployment.settled();
    const highlightsOf = async (q: string) => (await search(q))[0]?.highlights;
    expect(await highlightsOf('käse')).to.deep.equal([
      [3, 7],
      [12, 16],
      [18, 26],
    ]);
    expect(await highlightsOf('kä äs')).to.deep.equal([
      [3, 6],
      [12, 15],
      [18, 21],
      [22, 25],
    ]);
    expect(await highlightsOf('🧀')).to.deep.equal([[0, 2]]);
    expect(await highlightsOf('und KÄSE,')).to.deep.equal([
      [8, 11],
      [12, 17],
    ]);
    const [hit] = await search('UND');
    const [start, end] = hit!.highlights[0]!;
    expect([...hit!.body].slice(start, end).join('')).to.equal('und');
  });

  it('stays in its chat, or covers the application and says which chat', async () => {
    await client.post(`${app.path}/chats`, { key: app.key });
    await send('word one', 1);
    await send('word two', 2);
    await deployment.settled();
    const all = await search('word');
    expect(all.map(({ chat_number, number }) => [chat_number, number])).to.deep.equal([
      [2, 1],
      [1, 1],
    ]);
    expect(await bodies('word', '/chats/1')).to.deep.equal(['word one']);
    expect(await bodies('word', '/chats/2')).to.deep.equal(['word two']);
    const missing = await client.get(`${app.path}/chats/3/messages/search?q=word`, { key: app.key });
    expect(missing.status).to.equal(404);
    const { highlights, ...found } = all[1]!;
    expect(highlights).to.deep.equal([[0, 4]]);
    expect((await client.get(`${app.path}/chats/1/messages/1`, { key: app.key })).body).to.deep.equal(found);
  });

  it('never finds what another application holds', async () => {
    await send('shared secret word');
    const other = await deployment.application(client);
    await client.post(`${other.path}/chats`, { key: other.key });
    await deployment.settled();
    for (const place of ['', '/chats/1']) {
      const { body } = await client.get(`${other.path}${place}/messages/search?q=word`, { key: other.key });
      expect(body).to.deep.equal({ data: [], next: null });
    }
  });

  it('finds in their own and open chats only for customers', async () => {
    const [ann, bob] = ['ann', 'bob'].map((sub) =>
      mintToken(deployment, { role: 'customer', app: app.token, sub }),
    );
    const { number } = (await client.post(`${app.path}/chats`, { key: ann! })).body;
    await client.post(`${app.path}/chats`, { key: app.key, body: { open: true } });
    await send('word private', 1);
    await send('word Ann', number);
    await send('word open', number + 1);
    await deployment.settled();
    const seenBy = async (key: string) => (await search('word', '', key)).map(({ body }) => body);
    expect(await seenBy(ann!)).to.deep.equal(['word open', 'word Ann']);
    expect(await seenBy(bob!)).to.deep.equal(['word open']);
    const hidden = await client.get(`${app.path}/chats/${number}/messages/search?q=word`, { key: bob! });
    expect(hidden.status).to.equal(404);
  });

  it('goes through all hits page by page, each once, while more come in', async () => {
    for (let i = 1; i <= 7; i++) await send(`word ${i}`);
    await deployment.settled();
    const seen: number[] = [];
    let pages = 0;
    for (let cursor = ''; ; ) {
      const { body } = await client.get(`${app.path}/messages/search?q=word&limit=3${cursor}`, {
        key: app.key,
      });
      seen.push(...body.data.map(({ number }: Hit) => number));
      pages++;
      if (body.next === null) break;
      await send('another word');
      await deployment.settled();
      cursor = `&cursor=${body.next}`;
    }
    expect(seen).to.deep.equal([7, 6, 5, 4, 3, 2, 1]);
    expect(pages).to.equal(3);
  });

  it('asks for 1 to 200 characters with a word in them', async () => {
    for (const query of [
      '',
      'q=',
      'q=%20',
      `q=${'x'.repeat(201)}`,
      'q=a&q=b',
      'q=%00',
      'q=%ff',
      'q=a&sort=number',
      'q=a&cursor=x',
    ])
      for (const place of ['', '/chats/1']) {
        const { status } = await client.get(`${app.path}${place}/messages/search?${query}`, { key: app.key });
        expect(status, query).to.equal(400);
      }
    expect(await search('x'.repeat(200))).to.deep.equal([]);
    expect(await search('🧀'.repeat(200))).to.deep.equal([]);
    expect(
      await search(Array.from({ length: 100 }, (_, i) => String.fromCharCode(0x4e00 + i)).join(' ')),
    ).to.deep.equal([]);
  });
});
