import { expect } from 'chai';
import { NewerEntryError, parseEntry } from '../../src/outbox/entry.ts';

const raw = '{"number":7,"at":1000,"body":"hello","request_id":"r"}';
const fields = ['v', '1', 'k', 'message', 'a', 'token', 'c', '3', 'd', raw, 'y', '512'];

describe('an outbox entry', () => {
  it('is read as its kind, with the record as it was appended', () => {
    expect(parseEntry('1-2', fields)).to.deep.equal({
      id: '1-2',
      kind: 'message',
      token: 'token',
      chat: 3,
      bytes: 512,
      share: 0,
      idempotency: null,
      raw,
      record: JSON.parse(raw),
    });
  });

  it('knows its idempotency key, with and without a kept word', () => {
    const [bare, kept] = ['hash print ', 'hash print word'].map((ids) =>
      parseEntry('1-2', [...fields, 'i', ids]),
    );
    expect(bare?.idempotency).to.deep.equal({ hash: 'hash', fingerprint: 'print', kept: '' });
    expect(kept?.idempotency).to.deep.equal({ hash: 'hash', fingerprint: 'print', kept: 'word' });
  });

  it('has a chat only as a message, and any order of fields', () => {
    const chat = parseEntry('1-2', ['d', raw, 'c', '0', 'a', 'token', 'k', 'chat', 'v', '1']);
    expect(chat).to.include({ kind: 'chat', token: 'token' }).and.not.have.property('chat');
  });

  it('may carry fields that this release does not know', () => {
    expect(parseEntry('1-2', [...fields, 'z', 'new'])).to.include({ kind: 'message' });
  });

  for (const version of ['2', '', '01']) {
    it(`of version "${version}" is not guessed at`, () => {
      const other = ['v', version, ...fields.slice(2)];
      expect(() => parseEntry('1-2', other)).to.throw(NewerEntryError, '1-2');
    });
  }

  for (const kind of ['hologram', '', 'Message', 'toString']) {
    it(`of kind "${kind}" is not guessed at, and not passed over`, () => {
      const other = ['v', '1', 'k', kind, ...fields.slice(4)];
      expect(() => parseEntry('1-2', other)).to.throw(NewerEntryError, '1-2');
    });
  }
});
