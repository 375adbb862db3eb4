// The frame of the small command line tools: usage, faults without stack traces, exit codes.
import { UserError } from './user-error.ts';

/**
 * Faults of the user's database or statement say enough by their message; anything else is ours and keeps its
 * stack.
 */
const explainsItself = (error: unknown): error is Error =>
  error instanceof UserError || (error instanceof Error && 'code' in error && typeof error.code === 'string');

const wordsOf = (error: Error): string =>
  error.message || ((error as AggregateError).errors?.[0] as Error | undefined)?.message || String(error);

/**
 * Runs a tool. `work` answers false when its arguments make no sense: then the usage is shown, and the exit
 * code is 2.
 */
export async function runTool(usage: string, work: (args: string[]) => Promise<boolean>): Promise<void> {
  const args = process.argv.slice(2);
  // Whoever reads us may have seen enough: `npm run status | head`.
  process.stdout.on('error', () => process.exit());
  if (args[0] === '--help' || args[0] === '-h') {
    console.log(usage);
    return;
  }
  try {
    if (await work(args)) return;
    console.error(usage);
    process.exitCode = 2;
  } catch (error) {
    console.error(explainsItself(error) ? wordsOf(error) : error);
    process.exitCode = 1;
  }
}
