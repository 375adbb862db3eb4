// Values over time: panels one below the other on one axis of seconds.
import { frame, roundUp, text } from './svg.ts';

interface Series {
  name: string;
  class: 'a' | 'b' | 'c';
  /** One value a second; null where there was none. */
  values: (number | null)[];
}

export interface Panel {
  title: string;
  series: Series[];
}

interface LineChart {
  title: string;
  panels: Panel[];
  footnotes: string[];
}

const WIDTH = 860;
const LEFT = 74;
const RIGHT = 28;
const PANEL = 150;
const BETWEEN = 64;
const TOP = 84;

const short = (value: number) =>
  value > 0 && value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
const at = (value: number) => Math.round(value * 10) / 10;

function path(
  { values, class: name }: Series,
  x: (i: number) => number,
  y: (value: number) => number,
): string {
  let pen = 'M';
  let d = '';
  for (const [i, value] of values.entries()) {
    if (value === null) {
      pen = 'M';
      continue;
    }
    d += `${pen}${at(x(i))} ${at(y(value))}`;
    pen = 'L';
  }
  return `<path class="line ${name}" d="${d}"/>`;
}

export function lineChart({ title, panels, footnotes }: LineChart): string {
  const seconds = Math.max(1, ...panels.flatMap(({ series }) => series.map(({ values }) => values.length)));
  const x = (i: number) => LEFT + ((i + 1) / seconds) * (WIDTH - LEFT - RIGHT);
  const body = [text(28, 38, title, { size: 17, bold: true })];
  let top = TOP;
  for (const panel of panels) {
    const all = panel.series.flatMap(({ values }) => values.filter((value) => value !== null));
    const end = roundUp(Math.max(0, ...all));
    const bottom = top + PANEL;
    const y = (value: number) => bottom - (value / end) * PANEL;
    body.push(text(28, top - 14, panel.title, { bold: true }));
    for (const [i, { name, class: color }] of panel.series.toReversed().entries()) {
      const right = WIDTH - RIGHT - i * 110;
      body.push(`<path class="line ${color}" d="M${right - 100} ${top - 18}h16"/>`);
      body.push(text(right - 78, top - 13.5, name, { size: 12, ink: 'dim' }));
    }
    for (const share of [0, 0.5, 1]) {
      const line = y(end * share);
      body.push(`<path class="grid" d="M${LEFT} ${at(line)}H${WIDTH - RIGHT}"/>`);
      body.push(text(LEFT - 8, at(line) + 4, short(end * share), { size: 11, anchor: 'end', ink: 'dim' }));
    }
    for (const series of panel.series) body.push(path(series, x, y));
    top = bottom + BETWEEN;
  }
  const axis = top - BETWEEN + 18;
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const label = `${Math.round(seconds * share * 10) / 10} s`;
    const place = LEFT + share * (WIDTH - LEFT - RIGHT);
    body.push(text(at(place), axis, label, { size: 11, anchor: 'middle', ink: 'dim' }));
  }
  const notes = footnotes.map((note, i) => text(28, axis + 26 + i * 17, note, { size: 11.5, ink: 'dim' }));
  const height = axis + 28 + footnotes.length * 17;
  const description = panels.map(({ title: name }) => name).join('; ');
  return frame({ width: WIDTH, height, title, description, body: [...body, ...notes] });
}
