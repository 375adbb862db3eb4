// What several rounds come to.

export interface Spread {
  median: number;
  min: number;
  max: number;
  rounds: number[];
}

export function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, rounds: values };
}

const whole = (value: number) => Math.round(value).toLocaleString('en');

export const showRate = ({ median, min, max }: Spread): string =>
  `${whole(median)} (${whole(min)}–${whole(max)})`;

export const showTenths = ({ median, min, max }: Spread): string =>
  `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;

export const showRatio = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)}× (${min.toFixed(2)}–${max.toFixed(2)})`;
