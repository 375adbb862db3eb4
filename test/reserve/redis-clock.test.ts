import { expect } from 'chai';
import fc from 'fast-check';
import { RedisClock } from '../../src/reserve/redis-clock.ts';

const START = 1_800_000_000_000;

describe("the estimate of Redis' clock", () => {
  it('never runs ahead of it, however long replies take', () => {
    const steps = fc.array(fc.record({ pause: fc.nat({ max: 3000 }), delay: fc.nat({ max: 900 }) }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(steps, (replies) => {
        let now = 0;
        const clock = new RedisClock(() => now);
        for (const { pause, delay } of replies) {
          now += pause;
          const stamped = START + now;
          now += delay;
          clock.learn(stamped);
          expect(clock.at(now)).to.be.at.most(START + now);
        }
      }),
    );
  });

  it('is as good as the quickest reply of the last ten seconds', () => {
    let now = 0;
    const clock = new RedisClock(() => now);
    expect(clock.known).to.equal(false);
    for (const delay of [80, 5, 40]) {
      const stamped = START + now;
      now += delay;
      clock.learn(stamped);
    }
    expect(clock.known).to.equal(true);
    expect(START + now - clock.at(now)).to.equal(5);
    now += 11_000;
    clock.learn(START + now - 30);
    expect(START + now - clock.at(now)).to.equal(30);
  });

  it('follows a clock that was set back once it is told to forget', () => {
    let now = 1000;
    const clock = new RedisClock(() => now);
    clock.learn(START + now);
    now += 10;
    clock.learn(START + now - 60_000);
    expect(clock.at(now)).to.equal(START + now);
    clock.reset();
    expect(clock.known).to.equal(false);
    clock.learn(START + now - 60_000);
    expect(clock.at(now)).to.equal(START + now - 60_000);
  });
});
