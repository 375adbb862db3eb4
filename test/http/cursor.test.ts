import { expect } from 'chai';
import { Type } from 'typebox';
import { createCursor } from '../../src/http/cursor.ts';
import { ProblemError } from '../../src/lib/errors.ts';

describe('cursors', () => {
  const chats = createCursor('chats', Type.Object({ before: Type.Integer() }));
  const users = createCursor('users', Type.Object({ before: Type.Integer() }));
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('come back as they were', () => {
    expect(chats.decode(chats.encode({ before: 12 }))).to.deep.equal({ before: 12 });
    expect(chats.encode({ before: 12 })).to.match(/^[\w-]+$/);
    expect(chats.decode(undefined)).to.equal(null);
  });

  const at = { before: 1 };
  const bad: [string, string][] = [
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['null', text(null)],
    ['another list', users.encode(at)],
    ['another version', text({ v: 0, list: 'chats', at })],
    ['another position', text({ v: 1, list: 'chats', at: { before: 'x' } })],
    ['more than a position', text({ v: 1, list: 'chats', at: { before: 1, sql: '1=1' } })],
  ];
  for (const [name, cursor] of bad)
    it(`are refused at /query/cursor: ${name}`, () => {
      expect(() => chats.decode(cursor))
        .to.throw(ProblemError)
        .with.nested.property('errors[0].path', '/query/cursor');
    });
});
