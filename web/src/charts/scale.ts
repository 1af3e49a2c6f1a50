// scale.ts - numbers to pixels, and the round numbers an axis is marked at.
// SPDX-License-Identifier: Apache-2.0

import { showNumber } from '../text/text';

export interface Scale {
  lo: number;
  hi: number;
  to: (v: number) => number;
  ticks: number[];
}

/** Steps of 1, 2, 2.5 or 5 times a power of ten, about `n` of them. */
export function roundTicks(lo: number, hi: number, n = 5): number[] {
  if (!(hi > lo)) return [lo];
  const raw = (hi - lo) / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999) ?? 10 * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** A scale over all finite values, with air at both ends and never of width 0. */
export function scaleOver(values: number[], from: number, to: number, ticks = 5): Scale {
  const finite = values.filter(Number.isFinite);
  let lo = finite.length ? Math.min(...finite) : 0;
  let hi = finite.length ? Math.max(...finite) : 1;
  if (hi === lo) {
    lo -= Math.abs(lo) * 0.1 || 0.5;
    hi += Math.abs(hi) * 0.1 || 0.5;
  }
  const air = (hi - lo) * 0.04;
  const within = lo >= 0 && hi <= 1;
  lo = within ? Math.max(0, lo - air) : lo >= 0 && lo - air < 0 ? 0 : lo - air;
  hi = within ? Math.min(1, hi + air) : hi + air;
  return { lo, hi, to: (v) => from + ((v - lo) / (hi - lo)) * (to - from), ticks: roundTicks(lo, hi, ticks) };
}

export const tickText = (v: number): string => {
  const a = Math.abs(v);
  return a !== 0 && (a < 1e-3 || a >= 1e6) ? v.toExponential(1) : showNumber(Number(v.toPrecision(4)), 4);
};

const Z95 = 1.959963984540054;

/** Wilson's score interval (JASA 22, 1927) at 95 % of k successes in n > 0 trials. */
export function wilson(k: number, n: number): [number, number] {
  const p = k / n;
  const z2 = (Z95 * Z95) / n;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = (Z95 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))) / (1 + z2);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
