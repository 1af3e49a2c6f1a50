// pairs.tsx - two distributions over the same cells, bar beside bar: what was, and what is.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Figure, fitText, useWidth } from './frame';

export interface Cell {
  label: string;
  before: number;
  now: number;
}

const ROW = 24;

export function Pairs({ title, cells, before, now }: { title: string; cells: Cell[]; before: string; now: string }) {
  const [ref, width] = useWidth();
  const sum = (f: (c: Cell) => number) => cells.reduce((a, c) => a + f(c), 0);
  const [all, allNow] = [sum((c) => c.before), sum((c) => c.now)];
  const shares = cells.map((c) => ({ ...c, a: all > 0 ? c.before / all : 0, b: allNow > 0 ? c.now / allNow : 0 }));
  const most = Math.max(0.01, ...shares.flatMap((c) => [c.a, c.b]));
  const left = Math.min(width * 0.42, 16 + 7 * Math.max(4, ...cells.map((c) => c.label.length)));
  const long = (v: number) => (v / most) * (width - left - 50);
  const percent = (v: number) => `${showNumber(v * 100)} %`;
  const table = (
    <table>
      <thead><tr><th>{t('cell')}</th><th class="number">{before}</th><th class="number">{now}</th></tr></thead>
      <tbody>{shares.map((c) => <tr key={c.label}><th scope="row">{c.label}</th><td class="number">{showNumber(c.before)} ({percent(c.a)})</td><td class="number">{showNumber(c.now)} ({percent(c.b)})</td></tr>)}</tbody>
    </table>
  );
  return (
    <Figure title={title} table={table}>
      <p class="key"><span class="series-4"><i /> {before}</span><span class="series-0"><i /> {now}</span></p>
      <div ref={ref}>
        <svg class="chart" width={width} height={cells.length * ROW} role="img" aria-label={title}>
          {shares.map((c, i) => (
            <g key={c.label}>
              <title>{`${c.label}: ${percent(c.a)} → ${percent(c.b)}`}</title>
              <text class="row-label" x={left - 8} y={i * ROW + 15} text-anchor="end">{fitText(c.label, left - 8)}</text>
              <g class="series-4"><rect class="bar-fill" x={left} y={i * ROW + 3} width={c.a > 0 ? Math.max(1, long(c.a)) : 0} height={8} /></g>
              <g class="series-0"><rect class="bar-fill" x={left} y={i * ROW + 12} width={c.b > 0 ? Math.max(1, long(c.b)) : 0} height={8} /></g>
              <text x={left + Math.max(long(c.a), long(c.b)) + 6} y={i * ROW + 16}>{percent(c.b)}</text>
            </g>
          ))}
        </svg>
      </div>
    </Figure>
  );
}
