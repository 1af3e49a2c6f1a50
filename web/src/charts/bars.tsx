// bars.tsx - one bar for each name, to both sides of zero, with its interval where one is known.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Figure, labelRoom, RowLabel, useWidth } from './frame';
import { scaleOver, tickText } from './scale';

const ROW = 26;
const FOOT = 22;

type Interval = [number, number] | null;

const right = (v: number, i: Interval | undefined) => Math.max(v, 0, i?.[1] ?? 0);

export function Bars({ title, value, labels, values, intervals = [], note }: {
  title: string; value: string; labels: string[]; values: number[]; intervals?: Interval[]; note?: string;
}) {
  const [ref, width] = useWidth();
  const { left, above } = labelRoom(labels, width);
  const each = ROW + above;
  const x = scaleOver([0, ...values, ...intervals.flatMap((i) => i ?? [])], left, width - 60, width < 480 ? 3 : 6);
  const high = labels.length * each;
  const table = (
    <table>
      <thead><tr><th>{t('name')}</th><th class="number" lang="en">{value}</th>{intervals.length > 0 && <th class="number">{t('interval')}</th>}</tr></thead>
      <tbody>
        {labels.map((l, i) => {
          const v = intervals[i];
          return <tr key={l}><th scope="row">{l}</th><td class="number">{showNumber(values[i] ?? NaN, 4)}</td>{intervals.length > 0 && <td class="number">{v ? `${showNumber(v[0], 4)} – ${showNumber(v[1], 4)}` : '–'}</td>}</tr>;
        })}
      </tbody>
    </table>
  );
  return (
    <Figure title={title} note={note} table={table}>
      <p class="hint" lang="en">{value}</p>
      <div ref={ref}>
        <svg class="chart" width={width} height={high + FOOT} role="img" aria-label={title}>
          {x.ticks.map((v) => (
            <g key={v}>
              <line class="grid-line" x1={x.to(v)} x2={x.to(v)} y1={0} y2={high} />
              <text x={x.to(v)} y={high + 16} text-anchor="middle">{tickText(v)}</text>
            </g>
          ))}
          {labels.map((l, i) => {
            const v = values[i] ?? 0;
            const y = i * each + above;
            return (
              <g key={l} class={v < 0 ? 'series-1' : 'series-0'}>
                <RowLabel text={l} left={left} above={above} x={left - 10} y={above ? i * each : y + ROW / 2 + 4} width={width} />
                <rect class="bar-fill" x={Math.min(x.to(0), x.to(v))} y={y + 4} width={Math.max(1, Math.abs(x.to(v) - x.to(0)))} height={ROW - 8} rx={2} />
                {intervals[i] && <line class="error" x1={x.to(intervals[i]?.[0] ?? v)} x2={x.to(intervals[i]?.[1] ?? v)} y1={y + ROW / 2} y2={y + ROW / 2} />}
                <text x={x.to(right(v, intervals[i])) + 6} y={y + ROW / 2 + 4}>{showNumber(v, 3)}</text>
              </g>
            );
          })}
          <line class="zero-line" x1={x.to(0)} x2={x.to(0)} y1={0} y2={high} />
        </svg>
      </div>
    </Figure>
  );
}
