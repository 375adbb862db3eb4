// `npm run sql -- "select 1"`: one statement on DATABASE_URL, or on the running `npm start`; a fresh machine
// has no psql.
import pg from 'pg';
import { findDatabaseUrl } from './lib/stores.ts';
import { table } from './lib/table.ts';
import { runTool } from './lib/tool.ts';

await runTool('Usage: npm run sql -- "select * from applications"', async ([text, ...rest]) => {
  if (!text?.trim() || rest.length > 0) return false;
  const client = new pg.Client({ connectionString: findDatabaseUrl(process.env) });
  await client.connect();
  try {
    // Prepared, so that Postgres itself refuses a second statement; times stay as Postgres writes them.
    const types = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig;
    const result = await client.query({ name: 'sql', text, rowMode: 'array', types });
    if (result.fields.length > 0)
      console.log(
        table(
          result.fields.map(({ name }) => name),
          result.rows,
        ),
      );
    const count = result.rowCount ?? 0;
    console.log(
      result.fields.length > 0 ? `(${count} ${count === 1 ? 'row' : 'rows'})` : `${result.command} ${count}`,
    );
  } finally {
    await client.end();
  }
  return true;
});
