// `npm run dead-letters -- list | replay <id>… | replay all`: entries that Postgres refused.
import type { Knex } from 'knex';
import { type DeadLetter, listDeadLetters, replayDeadLetter } from '../src/commands/replay-dead-letter.ts';
import { withKnex } from './lib/database.ts';
import { findDatabaseUrl } from './lib/stores.ts';
import { table } from './lib/table.ts';
import { runTool } from './lib/tool.ts';

/** As many as one look shows; replaying makes room for the next. */
const SHOWN = 200;

const columns = ['id', 'kind', 'application', 'chat', 'number', 'sqlstate', 'reason', 'refused at'];

async function list(db: Knex): Promise<void> {
  const letters = await listDeadLetters({ knex: db })(SHOWN);
  const row = (letter: DeadLetter) => [
    letter.id,
    letter.kind,
    letter.app_token,
    letter.chat_number,
    letter.number,
    letter.sqlstate,
    letter.reason,
    letter.created_at,
  ];
  console.log(letters.length === 0 ? 'No dead letters.' : table(columns, letters.map(row)));
}

/** Each by itself: one that is refused again does not keep the others back. */
async function replay(db: Knex, ids: number[]): Promise<void> {
  for (const id of ids) {
    try {
      const { kind, app_token, chat_number, number } = await replayDeadLetter({ knex: db })(id);
      console.log(
        `${id}: ${kind} ${[app_token, chat_number, number].filter((part) => part !== null).join('/')} replayed`,
      );
    } catch (error) {
      console.error(`${id}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

const usage = 'Usage: npm run dead-letters -- list | replay <id>… | replay all';

await runTool(usage, async ([command, ...ids]) => {
  const all = ids.length === 1 && ids[0] === 'all';
  const numbers = ids.map(Number);
  if (command === 'list' && ids.length === 0) await withKnex(findDatabaseUrl(process.env), list);
  else if (command === 'replay' && (all || (ids.length > 0 && numbers.every(Number.isSafeInteger))))
    await withKnex(findDatabaseUrl(process.env), async (db) =>
      replay(db, all ? (await listDeadLetters({ knex: db })(SHOWN)).map(({ id }) => id) : numbers),
    );
  else return false;
  return true;
});
