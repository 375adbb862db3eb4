import { expect } from 'chai';
import type { Client } from '../helpers/client.ts';
import { Deployment } from '../helpers/deployment.ts';

describe('reading one’s own writes', () => {
  let deployment: Deployment;
  let writer: Client;
  let reader: Client;
  before(async () => {
    deployment = await Deployment.create();
    ({ client: writer } = await deployment.start());
    ({ client: reader } = await deployment.api());
  });
  after(() => deployment.stop());

  it('shows each acknowledged create at once, through another API too', async () => {
    for (let round = 0; round < 10; round++) {
      const { key, path } = await deployment.application(writer, `Round ${round}`);
      expect((await reader.get(path, { key })).body.name).to.equal(`Round ${round}`);
      const chat = (await writer.post(`${path}/chats`, { key, body: { subject: 'Now' } })).body;
      expect((await reader.get(`${path}/chats/1`, { key })).body).to.deep.equal(chat);
      expect((await reader.get(`${path}/chats/1/messages`, { key })).body.data).to.deep.equal([]);
      const message = (await writer.post(`${path}/chats/1/messages`, { key, body: { body: 'Hi' } })).body;
      expect((await reader.get(`${path}/chats/1/messages`, { key })).body.data).to.deep.equal([message]);
      expect((await reader.get(`${path}/chats/1/messages/1`, { key })).body).to.deep.equal(message);
      const edited = (await writer.patch(`${path}/chats/1/messages/1`, { key, body: { body: 'Ho' } })).body;
      expect((await reader.get(`${path}/chats/1/messages/1`, { key })).body).to.deep.equal(edited);
      const renamed = (await writer.patch(path, { key, body: { name: 'New' } })).body;
      expect((await reader.get(path, { key })).body.updated_at).to.equal(renamed.updated_at);
    }
  });

  it('never shows a hole or an older state while many write', async () => {
    const { key, path } = await deployment.application(writer);
    await writer.post(`${path}/chats`, { key });
    let acknowledged = 0;
    let ended = false;
    const writing = (async () => {
      for (let i = 0; i < 300; i++)
        acknowledged = (await writer.post(`${path}/chats/1/messages`, { key, body: { body: `n ${i + 1}` } }))
          .body.number;
      ended = true;
    })();
    while (!ended) {
      const before = acknowledged;
      const { body } = await reader.get(`${path}/chats/1/messages?limit=100`, { key });
      const numbers = body.data.map(({ number }: { number: number }) => number);
      const last = numbers.at(-1) ?? 0;
      expect(last).to.be.at.least(before);
      expect(numbers).to.deep.equal(numbers.map((_: number, i: number) => last - numbers.length + 1 + i));
      for (const message of body.data) expect(message.body).to.equal(`n ${message.number}`);
    }
    await writing;
    expect(acknowledged).to.equal(300);
  });

  it('brings the counts after the reconciliation, never above the truth', async () => {
    await deployment.scheduler();
    const { key, path } = await deployment.application(writer);
    for (let i = 0; i < 3; i++) await writer.post(`${path}/chats`, { key });
    for (let i = 0; i < 4; i++) await writer.post(`${path}/chats/2/messages`, { key, body: { body: 'Hi' } });
    await writer.delete(`${path}/chats/2/messages/4`, { key });
    const until = Date.now() + 10_000;
    for (;;) {
      const { chats_count } = (await reader.get(path, { key })).body;
      const { message_count } = (await reader.get(`${path}/chats/2`, { key })).body;
      expect(chats_count).to.be.at.most(3);
      expect(message_count).to.be.at.most(4);
      if (chats_count === 3 && message_count === 4) break;
      expect(Date.now(), 'counts reconciled').to.be.lessThan(until);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
