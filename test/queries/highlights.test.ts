import { expect } from 'chai';
import fc from 'fast-check';
import { highlightsOf } from '../../src/queries/search-messages.ts';

const BODY = 10_000;
/** Each is a way to write one of the words; no filler is a part of them. */
const words: Record<string, string[]> = {
  käse: ['käse', 'KÄSE', 'Käse'],
  '🧀': ['🧀'],
  'a🎵b': ['a🎵b', 'A🎵B', 'a🎵B'],
  мир: ['мир', 'МИР'],
  𐐨: ['𐐨', '𐐀'],
};
const fillers = [' ', '.', '𝄞', '👩‍👩‍👧', '\n', 'zz', '\u{10FFFF}', 'é'];

describe('the highlights of a long body', () => {
  it('are just the matches, counted in code points', () => {
    const filled = fc
      .array(fc.constantFrom(...fillers), { minLength: 1, maxLength: 12 })
      .map((pieces) => pieces.join(''));
    const scenario = fc.constantFrom(...Object.keys(words)).chain((word) =>
      fc.record({
        word: fc.constant(word),
        matches: fc.array(fc.tuple(fc.constantFrom(...words[word]!), filled), {
          minLength: 200,
          maxLength: 800,
        }),
        lead: filled,
      }),
    );
    fc.assert(
      fc.property(scenario, ({ word, matches, lead }) => {
        const text = lead + matches.map(([match, gap]) => match + gap).join('');
        const points = [...text].slice(0, BODY);
        const spans = highlightsOf(points.join(''), word);
        const found = spans.map(([start, end]) => points.slice(start, end).join(''));
        const complete = text.length === points.join('').length;
        expect(found.map((each) => each.toLowerCase())).to.deep.equal(found.map(() => word));
        if (complete) expect(found).to.deep.equal(matches.map(([match]) => match));
        expect(found.length).to.be.at.least(50);
      }),
      { numRuns: 40 },
    );
  });

  it('cost one walk over the body, however many they are', () => {
    // Longer than any message: what takes a walk for each match takes seconds here.
    const matches = 20_000;
    const body = '🧀a'.repeat(matches);
    const start = performance.now();
    const spans = highlightsOf(body, 'a');
    expect(performance.now() - start).to.be.below(1000);
    expect(spans).to.deep.equal(Array.from({ length: matches }, (_, i) => [2 * i + 1, 2 * i + 2]));
  });
});
