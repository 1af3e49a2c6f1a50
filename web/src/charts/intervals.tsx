// intervals.tsx - figures with their intervals against the limit: the whole interval decides.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Status, statusTone } from '../ui/status';
import { Figure, labelRoom, RowLabel, useWidth } from './frame';
import { usePages } from './pages';
import { scaleOver, tickText } from './scale';

export interface Limit {
  op: string;
  value: number;
}

export interface IntervalRow {
  label: string;
  value: number | null;
  interval: [number, number] | null;
  n?: number | undefined;
  limit?: Limit | undefined;
  verdict?: string | undefined;
}

const ROW = 30;
const FOOT = 22;

const isBelow = (l: Limit) => l.op.startsWith('<');

function Table({ rows }: { rows: IntervalRow[] }) {
  return (
    <table>
      <thead>
        <tr><th>{t('slice')}</th><th class="number">{t('value')}</th><th class="number">{t('interval')}</th><th class="number">{t('rows')}</th><th>{t('limit')}</th><th>{t('verdict')}</th></tr>
      </thead>
      <tbody>
        {rows.map((r) => (
          <tr key={r.label}>
            <th scope="row">{r.label}</th>
            <td class="number">{r.value === null ? t('undefined') : showNumber(r.value, 4)}</td>
            <td class="number">{r.interval ? `${showNumber(r.interval[0], 4)} – ${showNumber(r.interval[1], 4)}` : '–'}</td>
            <td class="number">{r.n === undefined ? '–' : showNumber(r.n)}</td>
            <td>{r.limit ? `${r.limit.op} ${showNumber(r.limit.value, 4)}` : '–'}</td>
            <td>{r.verdict ? <Status value={r.verdict} /> : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Where the limit does not allow the figure to be, in its own row only. */
function Forbidden({ limit, y, high, left, right, to }: { limit: Limit; y: number; high: number; left: number; right: number; to: (v: number) => number }) {
  const at = to(limit.value);
  return (
    <g>
      <rect class="forbidden" x={isBelow(limit) ? at : left} y={y} width={Math.max(0, isBelow(limit) ? right - at : at - left)} height={high} />
      <line class="limit-line" x1={at} x2={at} y1={y} y2={y + high} />
    </g>
  );
}

function RowMarks({ row, y, to, left }: { row: IntervalRow; y: number; to: (v: number) => number; left: number }) {
  const said = row.value === null ? t('undefined') : `${showNumber(row.value, 4)}${row.interval ? ` (${showNumber(row.interval[0], 4)} – ${showNumber(row.interval[1], 4)})` : ''}`;
  return (
    <>
      <title>{`${row.label}: ${said}`}</title>
      {row.interval && <line class="whisker" x1={to(row.interval[0])} x2={to(row.interval[1])} y1={y} y2={y} />}
      {row.value === null ? <text x={left + 6} y={y + 4}>{t('undefined')}</text> : <circle cx={to(row.value)} cy={y} r={5} />}
    </>
  );
}

const FEW = 12;
const MANY = 60;

/** `name`: the title is a name of the API. `order`: by what the rows are sorted, when there are many. */
export function Intervals({ title, name, rows: all, order }: { title: string; name?: boolean; rows: IntervalRow[]; order?: string | undefined }) {
  const [ref, width] = useWidth();
  const { from, to, control } = usePages(all.length, FEW, MANY, order);
  const rows = all.slice(from, to);
  const { left, above } = labelRoom(rows.map((r) => r.label), width);
  const each = ROW + above;
  const values = all.flatMap((r) => [r.limit?.value ?? NaN, r.value ?? NaN, ...(r.interval ?? [])]);
  const x = scaleOver(values, left, width - 14, width < 480 ? 3 : 6);
  const high = rows.length * each;
  return (
    <Figure title={title} name={name} table={<Table rows={rows} />}>
      <div ref={ref}>
        <svg class="chart" width={width} height={high + FOOT} role="img" aria-label={title}>
          {rows.map((r, i) => r.limit && <Forbidden key={r.label} limit={r.limit} y={i * each + above} high={ROW} left={left} right={width - 14} to={x.to} />)}
          {x.ticks.map((v) => (
            <g key={v}>
              <line class="grid-line" x1={x.to(v)} x2={x.to(v)} y1={0} y2={high} />
              <text x={x.to(v)} y={high + 16} text-anchor="middle">{tickText(v)}</text>
            </g>
          ))}
          {rows.map((r, i) => {
            const y = i * each + above + ROW / 2;
            return (
              <g key={r.label} class={`tone-${statusTone(r.verdict ?? '') ?? 'info'}`}>
                <RowLabel text={r.label} left={left} above={above} x={left - 10} y={above ? i * each : y + 4} width={width} />
                <RowMarks row={r} y={y} to={x.to} left={left} />
              </g>
            );
          })}
        </svg>
      </div>
      {control}
    </Figure>
  );
}
