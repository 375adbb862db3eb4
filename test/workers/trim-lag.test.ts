import { expect } from 'chai';
import { TrimLag } from '../../workers/persist/trim-lag.ts';

const MINUTE = 60_000;

describe('the lag of trimming', () => {
  let now: number;
  let lag: TrimLag;
  beforeEach(() => {
    now = 1_800_000_000_000;
    lag = new TrimLag(() => now);
  });

  it('keeps everything while it is young and little', () => {
    for (let minute = 0; minute < 10; minute++, now += MINUTE)
      expect(lag.advance(0, `1-${minute * 100}`)).to.equal(null);
  });

  it('lets go of what was applied more than ten minutes ago', () => {
    lag.advance(0, '1-100');
    now += 5 * MINUTE;
    lag.advance(0, '1-200');
    now += 6 * MINUTE;
    expect(lag.advance(0, '1-300')).to.equal('1-100');
    now += 5 * MINUTE;
    expect(lag.advance(0, '1-400')).to.equal('1-200');
  });

  it('lets go of what lies more than 100,000 entries back, however young', () => {
    expect(lag.advance(0, '1-100000')).to.equal(null);
    expect(lag.advance(0, '1-150000')).to.equal('1-50000');
  });

  it('takes whichever lets go of more', () => {
    lag.advance(0, '1-140000');
    now += 11 * MINUTE;
    expect(lag.advance(0, '1-200000')).to.equal('1-140000');
    now += 11 * MINUTE;
    expect(lag.advance(0, '1-900000')).to.equal('1-800000');
  });

  it('never names an id that was not applied', () => {
    let sequence = 0;
    for (let i = 0; i < 500; i++, now += 20_000) {
      sequence += 3000;
      const below = lag.advance(0, `2-${sequence}`);
      if (below) expect(Number(below.split('-')[1])).to.be.at.most(sequence);
    }
  });

  it('keeps shards apart', () => {
    lag.advance(0, '1-5');
    now += 11 * MINUTE;
    expect(lag.advance(1, '1-7')).to.equal(null);
    expect(lag.advance(0, '1-9')).to.equal('1-5');
  });
});
