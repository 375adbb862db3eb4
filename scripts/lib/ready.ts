import { until } from './processes.ts';
import { UserError } from './user-error.ts';

/**
 * Resolves when `url` answers 200.
 * @throws UserError with the last answer when it does not within `milliseconds`
 */
export async function waitUntilReady(url: string, milliseconds: number, stop: AbortSignal): Promise<void> {
  let last = 'no answer';
  const asks = async () => {
    stop.throwIfAborted();
    const giveUp = new AbortController();
    const abort = () => giveUp.abort(new Error('no answer within 5 s'));
    const timer = setTimeout(abort, 5_000);
    stop.addEventListener('abort', abort, { once: true });
    try {
      const answer = await fetch(url, { signal: giveUp.signal });
      last = `status ${answer.status}: ${(await answer.text()).slice(0, 300)}`;
      return answer.status === 200;
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error };
      last = cause?.message || message;
      return false;
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    }
  };
  if (await until(asks, milliseconds, 50)) return;
  stop.throwIfAborted();
  throw new UserError(`The API was not ready after ${milliseconds / 1000} s. ${url} says: ${last}`);
}
