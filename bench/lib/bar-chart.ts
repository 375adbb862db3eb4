// Rates as bars: one group for each system, the median as the bar, the range of the rounds as a line across its end.
import type { Spread } from './statistics.ts';
import { frame, roundUp, text } from './svg.ts';

export interface BarGroup {
  name: string;
  note: string;
  bars: { series: 'a' | 'b'; value: Spread }[];
}

interface BarChart {
  title: string;
  /** Names of the two series. */
  legend: { a: string; b: string };
  groups: BarGroup[];
  footnotes: string[];
}

const WIDTH = 860;
const LEFT = 250;
const RIGHT = 110;
const TOP = 84;
const BAR = 18;
const GAP = 26;

const whole = (value: number) => Math.round(value).toLocaleString('en');
const at = (value: number) => Math.round(value * 10) / 10;

export function barChart({ title, legend, groups, footnotes }: BarChart): string {
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value.max)));
  const end = roundUp(largest);
  const scale = (value: number) => LEFT + (value / end) * (WIDTH - LEFT - RIGHT);
  const body = [text(28, 38, title, { size: 17, bold: true })];
  for (const [i, series] of (['a', 'b'] as const).entries()) {
    body.push(`<rect class="${series}" x="${28 + i * 130}" y="52" width="12" height="12" rx="2"/>`);
    body.push(text(46 + i * 130, 63, legend[series], { ink: 'dim' }));
  }
  let y = TOP;
  const rows: string[] = [];
  for (const { name, note, bars } of groups) {
    const height = bars.length * (BAR + 4) - 4;
    const middle = y + Math.max(height, 30) / 2;
    rows.push(
      text(28, middle - 2, name, { size: 14, bold: true }),
      text(28, middle + 15, note, { size: 12, ink: 'dim' }),
    );
    let top = middle - height / 2;
    for (const { series, value } of bars) {
      const line = top + BAR / 2;
      rows.push(
        `<rect class="${series}" x="${LEFT}" y="${top}" width="${at(scale(value.median) - LEFT)}" height="${BAR}" rx="3"/>`,
        `<path class="range" stroke-width="1.5" fill="none" d="M${at(scale(value.min))} ${line}H${at(scale(value.max))}M${at(scale(value.min))} ${line - 4}v8M${at(scale(value.max))} ${line - 4}v8"/>`,
        text(at(scale(value.max)) + 10, line + 4.5, `${whole(value.median)}/s`, { bold: true }),
      );
      top += BAR + 4;
    }
    y += Math.max(height, 30) + GAP;
  }
  for (let step = 0; step <= 4; step++) {
    const x = at(scale((end * step) / 4));
    body.push(`<path class="grid" stroke-width="1" d="M${x} ${TOP - 8}V${y - GAP + 10}"/>`);
    body.push(text(x, y - GAP + 26, whole((end * step) / 4), { size: 11, anchor: 'middle', ink: 'dim' }));
  }
  body.push(...rows);
  const notes = footnotes.map((note, i) => text(28, y + 26 + i * 17, note, { size: 11.5, ink: 'dim' }));
  const description = groups
    .map(
      ({ name, bars }) =>
        `${name}: ${bars.map(({ series, value }) => `${legend[series]} ${whole(value.median)}/s`).join(', ')}.`,
    )
    .join(' ');
  const height = y + 26 + footnotes.length * 17;
  return frame({ width: WIDTH, height, title, description, body: [...body, ...notes] });
}
