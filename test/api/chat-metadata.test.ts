import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment, type TestApplication } from '../helpers/deployment.ts';

const MAX_BYTES = 16_384;

describe('the metadata of a chat', () => {
  let deployment: Deployment;
  let client: Client;
  let app: TestApplication;
  before(async () => {
    deployment = await Deployment.create();
    ({ client } = await deployment.start());
    app = await deployment.application(client);
    await client.post(`${app.path}/chats`, { key: app.key, body: { metadata: { as: 'it was' } } });
  });
  after(() => deployment.stop());

  /** `metadata` as JSON text, to a new chat and to the one that stands. */
  const both = (metadata: string) => {
    const options = { key: app.key, raw: `{"metadata":${metadata}}` };
    return Promise.all([
      client.post(`${app.path}/chats`, options),
      client.patch(`${app.path}/chats/1`, options),
    ]);
  };
  const ofBytes = (bytes: number) => `{"text":"${'ä'.repeat(8000)}${'a'.repeat(bytes - 16_011)}"}`;

  async function expectRefused(metadata: string, path: string): Promise<void> {
    for (const { status, body } of await both(metadata)) {
      expect(status, metadata.slice(0, 80)).to.equal(400);
      expect(body.errors.map((error: { path: string }) => error.path)).to.deep.equal([path]);
    }
    const kept = await client.get(`${app.path}/chats/1`, { key: app.key });
    expect(kept.body.metadata).to.deep.equal({ as: 'it was' });
  }

  it('over 16 KiB of JSON is refused, new or changed, in bytes rather than characters', async () => {
    expect(Buffer.byteLength(ofBytes(MAX_BYTES))).to.equal(MAX_BYTES);
    await expectRefused(ofBytes(MAX_BYTES + 1), '/body/metadata');
    expect((await both(ofBytes(MAX_BYTES))).map(({ status }) => status)).to.deep.equal([201, 200]);
    await both('{"as":"it was"}');
  });

  for (const number of ['9007199254740993', '-9007199254740993', '1e300', '-0', '1e999', '-0.0'])
    it(`with the number ${number}, which cannot be kept exactly, is refused`, async () => {
      await expectRefused(`{"n":${number}}`, '/body/metadata/n');
      await expectRefused(`{"deep":[{"n":${number}}]}`, '/body/metadata/deep/0/n');
    });

  it('keeps the numbers that can be', async () => {
    const numbers = [0, -1, 1.5, -0.1, 9007199254740991, -9007199254740991, 5e-324];
    for (const { body } of await both(JSON.stringify({ numbers })))
      expect(body.metadata).to.deep.equal({ numbers });
    await both('{"as":"it was"}');
  });
});
