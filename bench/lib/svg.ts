// The frame of every chart: a card of its own colours, so that it can be read on light and on dark pages.

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Colours by class, for both kinds of page; `a` to `c` are series. */
const style = `
    .card{fill:#f8fafc;stroke:#e2e8f0}.ink{fill:#0f172a}.dim{fill:#475569}.grid{stroke:#cbd5e1}
    .a{fill:#0f766e}.b{fill:#5eaaa3}.c{fill:#b45309}.range{stroke:#0f172a}
    .line{fill:none;stroke-width:1.8;stroke-linejoin:round}.line.a{stroke:#0f766e}.line.b{stroke:#2563eb}.line.c{stroke:#b45309}
    .line.a,.line.b,.line.c{fill:none}
    @media (prefers-color-scheme:dark){
      .card{fill:#0f172a;stroke:#334155}.ink{fill:#f1f5f9}.dim{fill:#94a3b8}.grid{stroke:#334155}
      .a{fill:#2dd4bf}.b{fill:#0f766e}.c{fill:#fbbf24}.range{stroke:#f1f5f9}
      .line.a{stroke:#2dd4bf}.line.b{stroke:#60a5fa}.line.c{stroke:#fbbf24}
    }`;

interface Frame {
  width: number;
  height: number;
  title: string;
  description: string;
  body: string[];
}

export const frame = ({ width, height, title, description, body }: Frame): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" role="img" aria-labelledby="t d">`,
    `  <title id="t">${escapeXml(title)}</title>`,
    `  <desc id="d">${escapeXml(description)}</desc>`,
    `  <style>${style}\n  </style>`,
    `  <rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14"/>`,
    ...body.map((line) => `  ${line}`),
    '</svg>',
    '',
  ].join('\n');

interface TextOptions {
  size?: number;
  anchor?: 'start' | 'middle' | 'end';
  bold?: boolean;
  ink?: 'ink' | 'dim';
}

export const text = (x: number, y: number, words: string, options: TextOptions = {}): string => {
  const { size = 13, anchor = 'start', bold = false, ink = 'ink' } = options;
  const weight = bold ? ' font-weight="600"' : '';
  return `<text class="${ink}" x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}"${weight}>${escapeXml(words)}</text>`;
};

/** A round number at or above `value`, so that an axis ends on one. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power;
}
