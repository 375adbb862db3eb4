import { expect } from 'chai';
import { pino } from 'pino';
import { Watchdog } from '../../workers/watchdog.ts';

describe('the watchdog of a worker', () => {
  let now: number;
  let waiting: number;
  let paused: boolean;
  let gaveUp: number;
  let watchdog: Watchdog;
  beforeEach(() => {
    [now, waiting, paused, gaveUp] = [0, 1, false, 0];
    watchdog = new Watchdog({
      queue: { getJobCounts: async () => ({ waiting }), isPaused: async () => paused } as never,
      giveUp: () => gaveUp++,
      now: () => now,
      log: pino({ level: 'silent' }),
    });
  });
  const looks = async (seconds: number) => {
    for (const until = now + seconds * 1000; now < until; ) {
      now += 5000;
      await watchdog.look();
    }
  };

  it('gives up when jobs wait and none was taken for half a minute', async () => {
    await looks(25);
    expect(gaveUp).to.equal(0);
    await looks(5);
    expect(gaveUp).to.equal(1);
  });

  it('is content while nothing waits, a job is in hand, or the queue is paused', async () => {
    waiting = 0;
    await looks(60);
    waiting = 1;
    watchdog.jobStarted();
    await looks(60);
    watchdog.jobEnded();
    paused = true;
    await looks(60);
    expect(gaveUp).to.equal(0);
  });

  it('takes the end of a job as a sign of life', async () => {
    for (let i = 0; i < 10; i++) {
      await looks(20);
      watchdog.jobStarted();
      watchdog.jobEnded();
    }
    expect(gaveUp).to.equal(0);
  });
});
