import { expect } from 'chai';
import { decodeReply } from '../../src/reserve/decode.ts';
import { type CallHead, encodeBatch } from '../../src/reserve/encode.ts';
import { shardKeys } from '../../src/storage/keys.ts';
import { pending } from './call.ts';

const names = shardKeys('p', 0);
const head: CallHead = {
  epoch: 3,
  process: 'me',
  sequence: 7,
  deadline: 1000,
  maxEntries: 10,
  maxBytes: 20,
  maxAgeMs: 50,
  windowSeconds: 30,
  idleSeconds: 40,
};

describe('a batch for the script', () => {
  it('names each key once, all in the slot of the shard', () => {
    const message = { kind: 'message', token: 't', chat: 1 } as const;
    const { keys } = encodeBatch(names, head, [
      pending(message),
      pending(message),
      pending({ ...message, chat: 2 }),
    ]);
    expect(new Set(keys).size).to.equal(keys.length);
    expect(keys.slice(0, 4)).to.deep.equal([names.epoch, names.outbox, names.slot('me'), names.gauge]);
    expect(keys.every((key) => key.startsWith('p:{0}:'))).to.equal(true);
    expect(keys).to.include.members([
      names.chat('t', 1),
      names.chat('t', 2),
      names.tail('t', 2),
      names.app('t'),
    ]);
  });

  it('points at its keys by index, with 0 for none', () => {
    const { keys, args } = encodeBatch(names, head, [pending({ kind: 'message', token: 't', chat: 5 })]);
    expect(args.slice(0, 8)).to.deep.equal([3, 7, 1000, 10, 20, 30, 40, 50]);
    const [kind, token, app, chat, tail, fresh, number, key, , lookedUp, rate] = args.slice(8);
    expect([kind, token, number, lookedUp, key, rate]).to.deep.equal(['message', 't', 5, 0, 0, 0]);
    const named = [app, chat, tail, fresh].map((index) => keys[Number(index) - 1]);
    expect(named).to.deep.equal([names.app('t'), names.chat('t', 5), names.tail('t', 5), names.fresh('t')]);
  });

  it('says that Postgres was asked only if it was in this epoch', () => {
    const lookedUp = [3, 2].map((lookedUpIn) => {
      const { args } = encodeBatch(names, head, [pending({ kind: 'chat', token: 't', lookedUpIn })]);
      return args[8 + 9];
    });
    expect(lookedUp).to.deep.equal([1, 0]);
  });
});

describe('the reply of the script', () => {
  it('is read line by line', () => {
    const reply = [
      'ran 1000 5',
      'ok 7 1001 word',
      'ok 8 1001 ',
      'replay 6 900 ',
      'mismatch',
      'hydrate chat 3-41',
      'gone app',
      'full 12',
      'rate 250',
      'refused OOM command not allowed',
    ].join('\n');
    expect(decodeReply(reply)).to.deep.equal({
      status: 'ran',
      now: 1000,
      detail: '5',
      verdicts: [
        { is: 'ok', number: 7, at: 1001, kept: 'word' },
        { is: 'ok', number: 8, at: 1001, kept: '' },
        { is: 'replay', number: 6, at: 900, kept: '' },
        { is: 'mismatch' },
        { is: 'hydrate', what: 'chat', lastId: '3-41' },
        { is: 'gone', what: 'app' },
        { is: 'full', waiting: 12 },
        { is: 'rate', waitMs: 250 },
        { is: 'refused', why: 'OOM command not allowed' },
      ],
    });
  });

  it('of a call that did not run has no verdicts', () => {
    expect(decodeReply('fenced 1000 WRONGTYPE Operation against a key')).to.deep.equal({
      status: 'fenced',
      now: 1000,
      detail: 'WRONGTYPE Operation against a key',
      verdicts: [],
    });
  });
});
