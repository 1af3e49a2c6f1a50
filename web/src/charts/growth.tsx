// growth.tsx - the growth of the log: leaves in each step of time, and how many there were by then.
// SPDX-License-Identifier: Apache-2.0

import { showTime } from '../base/time';
import { showNumber, t } from '../text/text';
import { Figure, useWidth } from './frame';
import { scaleOver, tickText } from './scale';

export interface GrowthStep {
  at: string;
  leaves: number;
}

const HIGH = 120;
const FOOT = 22;
const LEFT = 52;
const RIGHT = 52;

const stairs = (xs: [number, number][]) => xs.map(([x, y], i) => (i === 0 ? `M${x} ${y}` : `H${x}V${y}`)).join('');

/** Bars: the left axis; the line of the sum: the right one. */
export function Growth({ title, steps, seconds, note }: { title: string; steps: GrowthStep[]; seconds: number; note: string }) {
  const [ref, width] = useWidth();
  const first = Date.parse(steps[0]?.at ?? '');
  const n = Math.round((Date.parse(steps[steps.length - 1]?.at ?? '') - first) / 1000 / seconds) + 1;
  const place = (at: string) => LEFT + ((Date.parse(at) - first) / 1000 / seconds) * ((width - LEFT - RIGHT) / n);
  const wide = (width - LEFT - RIGHT) / n;
  const y = scaleOver([0, ...steps.map((s) => s.leaves)], HIGH, 8, 3);
  let sum = 0;
  const sums = steps.map((s) => (sum += s.leaves));
  const total = scaleOver([0, sum], HIGH, 8, 3);
  const line = stairs([[LEFT, total.to(0)], ...steps.map((s, i): [number, number] => [place(s.at) + wide / 2, total.to(sums[i] ?? 0)]), [width - RIGHT, total.to(sum)]]);
  const table = (
    <table>
      <thead><tr><th>{t('from')}</th><th class="number">{t('leaves')}</th><th class="number">{t('sum')}</th></tr></thead>
      <tbody>{steps.map((s, i) => <tr key={s.at}><th scope="row">{showTime(s.at)}</th><td class="number">{showNumber(s.leaves)}</td><td class="number">{showNumber(sums[i] ?? 0)}</td></tr>)}</tbody>
    </table>
  );
  return (
    <Figure title={title} note={note} table={table}>
      <div ref={ref}>
        <svg class="chart growth" width={width} height={HIGH + FOOT} role="img" aria-label={title}>
          {y.ticks.filter((v) => Number.isInteger(v)).map((v) => (
            <g key={v}>
              <line class="grid-line" x1={LEFT} x2={width - RIGHT} y1={y.to(v)} y2={y.to(v)} />
              <text x={LEFT - 6} y={y.to(v) + 4} text-anchor="end">{tickText(v)}</text>
            </g>
          ))}
          {total.ticks.filter((v) => Number.isInteger(v)).map((v) => <text key={v} x={width - RIGHT + 6} y={total.to(v) + 4}>{tickText(v)}</text>)}
          {steps.map((s) => (
            <rect key={s.at} class="bar-fill series-0" x={place(s.at) + wide * 0.1} width={Math.max(1.5, wide * 0.8)} y={y.to(s.leaves)} height={y.to(0) - y.to(s.leaves)}>
              <title>{`${showTime(s.at)}: ${s.leaves}`}</title>
            </rect>
          ))}
          <path class="curve series-1" d={line} fill="none" stroke-width={2} />
          <text x={LEFT} y={HIGH + 16}>{showTime(steps[0]?.at ?? '')}</text>
          {n > 1 && width > 420 && <text x={width - RIGHT} y={HIGH + 16} text-anchor="end">{showTime(steps[steps.length - 1]?.at ?? '')}</text>}
        </svg>
      </div>
    </Figure>
  );
}
