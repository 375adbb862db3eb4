import { settings } from '../../config/schema.ts';

interface Described {
  type?: string;
  kind?: string;
  enum?: string[];
  default?: unknown;
  description?: string;
}

const typeOf = ({ type, kind, enum: values }: Described): string =>
  values ? values.map((value) => `\`${value}\``).join(', ') : (kind ?? type ?? '');

const shown = (value: unknown): string => (value === '' || value === undefined ? '' : `\`${value}\``);

/** All settings as a Markdown table, in the order of their declaration. */
export function settingsTable(): string {
  const rows = Object.entries(settings as Record<string, Described>).map(
    ([name, setting]) =>
      `| \`${name}\` | ${typeOf(setting)} | ${shown(setting.default)} | ${setting.description ?? ''} |`,
  );
  return ['| setting | type | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
}
