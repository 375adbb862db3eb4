import { ProblemError } from '../lib/errors.ts';
import type { Reserver } from '../reserve/reserver.ts';
import { LOBBY } from '../storage/keys.ts';
import type { CommandContext } from './command.ts';

/** From its answer on the application is gone for everyone; a task removes its rows. */
export const deleteApplication =
  (deps: { reserver: Reserver }) =>
  async (token: string, context: CommandContext): Promise<{ at: number }> => {
    if (token === LOBBY) throw new ProblemError('conflict', 'The built-in application stays.');
    const { at } = await deps.reserver.reserve({
      kind: 'deletion',
      token,
      chat: 0,
      customer: '',
      kept: '',
      record: { request_id: context.requestId },
      idempotency: null,
      rate: null,
      deadline: context.deadline,
    });
    return { at };
  };
