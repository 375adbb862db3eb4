// `npm run verify`: goes through a whole deployment and prints what does not agree with itself.
import pg from 'pg';
import { type AuditKind, auditKinds, auditSlice, type Drift } from '../src/queries/audit-slice.ts';
import { findDatabaseUrl } from './lib/stores.ts';
import { table } from './lib/table.ts';
import { runTool } from './lib/tool.ts';

const SLICE = 2000;
/** As many as help to see what is wrong. */
const SHOWN = 50;

async function auditAll(client: pg.Client, kind: AuditKind): Promise<{ audited: number; drift: Drift[] }> {
  const found: Drift[] = [];
  let audited = 0;
  for (let after: number | null = 0; after !== null; ) {
    const slice = await auditSlice(client, kind, after, SLICE);
    audited += slice.audited;
    found.push(...slice.drift);
    after = slice.last;
  }
  return { audited, drift: found };
}

async function totals(client: pg.Client): Promise<[string, unknown][]> {
  const { rows } = await client.query(`
    SELECT (SELECT count(*) FROM messages)::int AS messages,
           (SELECT count(*) FROM messages WHERE void)::int + (SELECT count(*) FROM chats WHERE void)::int AS voids,
           (SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL)::int AS dead_letters,
           (SELECT coalesce(sum(lost), 0) FROM recoveries)::int AS lost,
           (SELECT coalesce(max(epoch), 0) FROM outbox_offsets)::int AS epoch`);
  const { messages, voids, dead_letters, lost, epoch } = rows[0];
  return [
    ['messages', messages],
    ['void rows', voids],
    ['dead letters to replay', dead_letters],
    ['entries lost in recoveries', lost],
    ['highest epoch', epoch],
  ];
}

const columns = ['where', 'last number', 'rows', 'highest', 'counted', 'visible'];

await runTool('Usage: npm run verify', async (args) => {
  if (args.length > 0) return false;
  // Bigints of this database are small enough for numbers.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const client = new pg.Client({ connectionString: findDatabaseUrl(process.env) });
  await client.connect();
  try {
    const drift: Drift[] = [];
    for (const kind of auditKinds) {
      const found = await auditAll(client, kind);
      console.log(`${kind.padEnd(28)}${found.audited}, ${found.drift.length} of them wrong`);
      drift.push(...found.drift);
    }
    for (const [name, value] of await totals(client)) console.log(`${name.padEnd(28)}${value}`);
    if (drift.length > 0) {
      const rows = drift.slice(0, SHOWN);
      console.log(
        `\n${table(
          columns,
          rows.map((d) => [d.name, d.last_number, d.rows, d.highest, d.counted, d.visible]),
        )}`,
      );
      process.exitCode = 1;
    } else console.log('\nEvery number has its row, every count is what it says.');
  } finally {
    await client.end();
  }
  return true;
});
