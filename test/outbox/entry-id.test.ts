import { expect } from 'chai';
import { BEFORE_ALL, compareIds, nextId, parseId } from '../../src/outbox/entry-id.ts';
import { isApplied } from '../../src/outbox/offsets.ts';

describe('an entry id', () => {
  it('is an epoch and a sequence', () => {
    expect(parseId('12-345')).to.deep.equal({ epoch: 12, sequence: 345 });
  });

  it('is ordered by number, epoch first, not as text', () => {
    const ids = ['10-0', '2-10', '2-9', '1-1000', BEFORE_ALL];
    expect(ids.sort(compareIds)).to.deep.equal([BEFORE_ALL, '1-1000', '2-9', '2-10', '10-0']);
    expect(compareIds('3-3', '3-3')).to.equal(0);
  });

  it('has one successor in each epoch', () => {
    expect(nextId('3-41', 3)).to.equal('3-42');
    expect(nextId('3-41', 4)).to.equal('4-0');
    expect(nextId(BEFORE_ALL, 1)).to.equal('1-0');
  });

  it('is applied when the offset has reached it or its epoch is over', () => {
    const row = { shard: 0, epoch: 3, last_id: '3-10', run_id: null, home: '', applied_count: 0 };
    const ids = [BEFORE_ALL, '2-999', '3-10', '3-11', '4-0'];
    expect(ids.map((id) => isApplied(row, id))).to.deep.equal([true, true, true, false, false]);
  });
});
