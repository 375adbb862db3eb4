const shown = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).replaceAll('\n', '⏎');
};

const isNumber = (value: unknown) =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));

/**
 * Rows as aligned columns under their names, numbers to the right. Rows are arrays, for names may occur
 * twice.
 */
export function table(names: string[], rows: unknown[][]): string {
  const cells = rows.map((row) => row.map(shown));
  const columns = names.map((name, i) => ({
    width: Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)),
    right: rows.length > 0 && rows.every((row) => row[i] === null || isNumber(row[i])),
  }));
  const line = (row: string[]) =>
    columns
      .map(({ width, right }, i) => (right ? row[i]?.padStart(width) : row[i]?.padEnd(width)))
      .join(' | ')
      .trimEnd();
  const rule = columns.map(({ width }) => '-'.repeat(width)).join('-+-');
  return [line(names), rule, ...cells.map(line)].join('\n');
}
