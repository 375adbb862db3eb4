import { expect } from 'chai';
import { readable } from '../../scripts/lib/child-output.ts';
import { table } from '../../scripts/lib/table.ts';

describe('what the terminal shows', () => {
  it('leaves out log lines below a warning, and makes the others readable', () => {
    expect(readable('{"level":30,"msg":"request"}')).to.equal(null);
    expect(readable('{"level":40,"msg":"slow"}')).to.equal('warning: slow');
    expect(readable('{"level":50,"msg":"failed","err":{"message":"no room"}}')).to.equal(
      'error: failed: no room',
    );
  });

  it('shows lines that are no log lines as they are', () => {
    for (const line of ['plain', '{not json', '{"a":1}']) expect(readable(line)).to.equal(line);
    expect(readable('  ')).to.equal(null);
  });

  it('aligns rows under their names, numbers to the right', () => {
    const rows = [
      [1, 'a', null],
      [10, 'long', '{}'],
    ];
    expect(table(['n', 'text', 'x'], rows).split('\n')).to.eql([
      ' n | text | x',
      '---+------+---',
      ' 1 | a    |',
      '10 | long | {}',
    ]);
  });
});
