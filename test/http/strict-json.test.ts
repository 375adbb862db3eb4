import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_DEPTH, MAX_MEMBERS, parseStrict } from '../../src/http/strict-json.ts';
import type { ProblemError } from '../../src/lib/errors.ts';

const codeOf = (text: string): string | null => {
  try {
    parseStrict(text);
    return null;
  } catch (error) {
    return (error as ProblemError).code;
  }
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('strict JSON', () => {
  const duplicates = [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"b":{},"b":[]}]}',
    '{"a":{"b":1},"a":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
    '{"\\"":1,"\\u0022":2}',
    '{"1":1,"1":2}',
  ];
  for (const text of duplicates)
    it(`refuses the duplicate key in ${text}`, () => expect(codeOf(text)).to.equal('invalid_json'));

  const fine = [
    '{"a":":{[","b":"\\\\"}',
    '[{"a":1},{"a":1}]',
    '"a:b"',
    '{"a":{"a":{"a":1}}}',
    ' 1 ',
    '{"a\\\\":1,"a":2}',
  ];
  for (const text of fine)
    it(`reads ${text} like JSON.parse`, () => expect(parseStrict(text)).to.deep.equal(JSON.parse(text)));

  for (const text of [
    '',
    ' ',
    '{',
    '{"a"',
    '{"a:1}',
    '{"a":1,}',
    "{'a':1}",
    'NaN',
    '01',
    '{"a":1}}',
    '"\\',
    '"\t"',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => expect(codeOf(text)).to.equal('invalid_json'));

  it(`reads ${MAX_DEPTH} levels and refuses one more`, () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(codeOf(nested(MAX_DEPTH))).to.equal(null);
    expect(codeOf(nested(MAX_DEPTH + 1))).to.equal('invalid_json');
    expect(codeOf('{"a":'.repeat(100_000))).to.equal('invalid_json');
  });

  it(`reads ${MAX_MEMBERS} members and refuses one more`, () => {
    const wide = (members: number) => `{${Array.from({ length: members }, (_, i) => `"${i}":0`).join()}}`;
    expect(codeOf(wide(MAX_MEMBERS))).to.equal(null);
    expect(codeOf(wide(MAX_MEMBERS + 1))).to.equal('invalid_json');
  });

  it('agrees with JSON.parse on every value that JSON.stringify writes', () => {
    const value = fc.jsonValue({ maxDepth: 6 });
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (json, indent) => {
        const text = JSON.stringify(json, null, indent);
        expect(parseStrict(text)).to.deep.equal(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('accepts nothing that JSON.parse refuses, however a text was damaged', () => {
    const damaged = fc.tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('"', '\\', '{', '}', '[', ']', ':', ',', '\\u', '0'),
    );
    fc.assert(
      fc.property(damaged, ([text, at, patch]) => {
        const cut = at % (text.length + 1);
        const broken = text.slice(0, cut) + patch + text.slice(cut + 1);
        if (!parses(broken)) expect(codeOf(broken)).to.equal('invalid_json');
        else if (codeOf(broken) === null) expect(parseStrict(broken)).to.deep.equal(JSON.parse(broken));
      }),
      { numRuns: 5000 },
    );
  });

  it('refuses every object into which a member was written twice', () => {
    const members = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(members, (object) => {
        const [first] = Object.entries(JSON.parse(JSON.stringify(object)));
        const member = `${JSON.stringify(first![0])}:${JSON.stringify(first![1])}`;
        expect(codeOf(`${JSON.stringify(object).slice(0, -1)},${member}}`)).to.equal('invalid_json');
      }),
    );
  });

  it('takes time linear in the text', () => {
    const started = performance.now();
    for (const piece of ['\\"', '\\\\', '\\', '"', '{"a":', '[],', '"":'])
      codeOf(`"${piece.repeat(300_000)}`);
    expect(performance.now() - started).to.be.below(500);
  });
});
