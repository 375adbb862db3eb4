import { expect } from 'chai';
import { Batcher, MAX_BATCH_BYTES, MAX_BATCH_ITEMS } from '../../src/reserve/batcher.ts';

interface Item {
  id: number;
  bytes: number;
}

/** A batcher whose turns and flushes the test ends by hand. */
function setUp() {
  const batches: Item[][] = [];
  const turns: (() => void)[] = [];
  const ends: (() => void)[] = [];
  const batcher = new Batcher<Item>(
    (items) => {
      batches.push(items);
      return new Promise((resolve) => ends.push(resolve));
    },
    (run) => turns.push(run),
  );
  let id = 0;
  return {
    batcher,
    batches,
    turns,
    add: (bytes = 1) => batcher.add({ id: id++, bytes }),
    endTurn: () => turns.shift()?.(),
    endFlush: async () => {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const ids = (batch: Item[] | undefined) => batch?.map(({ id }) => id);
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

describe('the batcher', () => {
  it('sends what arrives in one turn together, in order', () => {
    const { add, endTurn, batches } = setUp();
    for (let i = 0; i < 5; i++) add();
    expect(batches).to.deep.equal([]);
    endTurn();
    expect(batches.map(ids)).to.deep.equal([upTo(5)]);
  });

  it('has one batch in flight; the next gathers meanwhile', async () => {
    const { add, endTurn, endFlush, batches, turns, batcher } = setUp();
    add();
    endTurn();
    for (let i = 0; i < 3; i++) add();
    expect(turns).to.deep.equal([]);
    expect(batches).to.have.length(1);
    expect(batcher.waiting).to.equal(3);
    await endFlush();
    expect(batches.map(ids)).to.deep.equal([[0], [1, 2, 3]]);
    await endFlush();
    add();
    endTurn();
    expect(batches.map(ids)).to.deep.equal([[0], [1, 2, 3], [4]]);
  });

  it(`sends at most ${MAX_BATCH_ITEMS} items at once`, async () => {
    const { add, endTurn, endFlush, batches } = setUp();
    for (let i = 0; i < MAX_BATCH_ITEMS + 1; i++) add();
    endTurn();
    await endFlush();
    expect(batches.map(ids)).to.deep.equal([upTo(MAX_BATCH_ITEMS), [MAX_BATCH_ITEMS]]);
  });

  it('sends at most the bytes of a batch, and an item beyond them alone', async () => {
    const { add, endTurn, endFlush, batches } = setUp();
    for (const bytes of [MAX_BATCH_BYTES - 10, 10, 1, MAX_BATCH_BYTES + 1, 1]) add(bytes);
    endTurn();
    for (let i = 0; i < 3; i++) await endFlush();
    expect(batches.map(ids)).to.deep.equal([[0, 1], [2], [3], [4]]);
  });

  it('gives up what has not been sent', async () => {
    const { add, endTurn, endFlush, batches, batcher } = setUp();
    add();
    endTurn();
    add();
    add();
    expect(ids(batcher.takeAll())).to.deep.equal([1, 2]);
    await endFlush();
    expect(batches).to.have.length(1);
    add();
    endTurn();
    expect(batches.map(ids)).to.deep.equal([[0], [3]]);
  });
});
