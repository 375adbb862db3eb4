// `npm run docs`: writes the tables that are made from the code into the documents that hold them.
// With --check it changes nothing and fails when a document is behind; a test runs it so.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingsTable } from './lib/settings-table.ts';
import { runTool } from './lib/tool.ts';
import { UserError } from './lib/user-error.ts';

const tables = [{ file: 'README.md', name: 'settings', text: settingsTable }];

/** The document with the part between its markers replaced. */
function withTable(document: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- /${name} -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new UserError(`There is no place for the table "${name}".`);
  return `${document.slice(0, from + start.length)}\n${text}\n${document.slice(to)}`;
}

await runTool('Usage: npm run docs -- [--check]', async ([flag, ...rest]) => {
  if (rest.length > 0 || (flag !== undefined && flag !== '--check')) return false;
  for (const { file, name, text } of tables) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    const document = readFileSync(path, 'utf8');
    const written = withTable(document, name, text());
    if (written === document) continue;
    if (flag) throw new UserError(`${file}: the table "${name}" is behind the code. Run: npm run docs`);
    writeFileSync(path, written);
    console.log(`${file}: ${name} written`);
  }
  return true;
});
