import { expect } from 'chai';
import { Deployment } from '../helpers/deployment.ts';

describe('the write path', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.create();
  });
  after(() => deployment.stop());

  it('answers with 1, 2, 3 … at once, and the rows follow', async () => {
    const { client } = await deployment.start();
    const { token, key, path } = await deployment.application(client, 'Shop');

    const chat = await client.post(`${path}/chats`, { key });
    expect(chat.status).to.equal(201);
    expect(chat.body).to.include({ number: 1, app_token: token });
    for (const number of [1, 2, 3]) {
      const message = await client.post(`${path}/chats/1/messages`, {
        key,
        body: { body: `message ${number}` },
      });
      expect(message.status).to.equal(201);
      expect(message.body).to.include({ number, chat_number: 1, body: `message ${number}` });
    }
    const listed = await client.get(`${path}/chats/1/messages`, { key });
    expect(listed.body.data.map((message: { number: number }) => message.number)).to.deep.equal([1, 2, 3]);

    await deployment.settled();
    const rows = await deployment.knex('messages').orderBy('number').select('number', 'body');
    expect(rows).to.deep.equal([1, 2, 3].map((number) => ({ number, body: `message ${number}` })));
  });
});
