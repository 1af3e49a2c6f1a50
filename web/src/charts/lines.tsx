// lines.tsx - curves of a result, with a band where one is known, and the diagonal where it means something.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Figure, useWidth } from './frame';
import { scaleOver, tickText } from './scale';

export interface Series {
  name: string;
  points: [number, number][];
  /** lo and hi of each point. */
  band?: [number, number][];
  /** What the space between two curves means: lo and hi at each x. */
  area?: { name: string; points: [number, number, number][] };
  /** Drawn thin: a bystander of the others. */
  faint?: boolean;
}

const HIGH = 260;
const LEFT = 48;
const FOOT = 40;

function Table({ x, series }: { x: string; series: Series[] }) {
  const at = [...new Set(series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  return (
    <table>
      <thead><tr><th class="number">{x}</th>{series.map((s) => [<th key={s.name} class="number">{s.name}</th>, s.band && <th key="band" class="number">{t('interval')}</th>])}</tr></thead>
      <tbody>
        {at.map((v) => (
          <tr key={v}>
            <td class="number">{showNumber(v, 4)}</td>
            {series.map((s) => {
              const k = s.points.findIndex((q) => q[0] === v);
              const [p, b] = [s.points[k], s.band?.[k]];
              return [<td key={s.name} class="number">{p ? showNumber(p[1], 4) : '–'}</td>,
                s.band && <td key="band" class="number">{b ? `${showNumber(b[0], 4)} – ${showNumber(b[1], 4)}` : '–'}</td>];
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/* The line as it is drawn: colour is not all that tells one from another. */
function Swatch({ of }: { of: Series }) {
  return <svg class="chart swatch" width={28} height={10} aria-hidden="true"><line class={of.faint ? 'curve faint' : 'curve'} x1={1} x2={27} y1={5} y2={5} /></svg>;
}

export function Lines({ title, x, y, series, diagonal, note }: {
  title: string; x: string; y: string; series: Series[]; diagonal?: boolean; note?: string | undefined;
}) {
  const [ref, width] = useWidth();
  const xs = scaleOver([...(diagonal ? [0, 1] : []), ...series.flatMap((s) => s.points.map((p) => p[0]))], LEFT, width - 12, width < 480 ? 4 : 8);
  const ys = scaleOver([...(diagonal ? [0, 1] : []), ...series.flatMap((s) => [...s.points.map((p) => p[1]), ...(s.band ?? []).flat(), ...(s.area?.points ?? []).flatMap(([, lo, hi]) => [lo, hi])])], HIGH, 8);
  const path = (points: [number, number][]) => points.map(([a, b], i) => `${i ? 'L' : 'M'}${xs.to(a).toFixed(1)} ${ys.to(b).toFixed(1)}`).join('');
  const outline = (points: [number, number, number][]) => `${path(points.map(([v, lo]) => [v, lo]))}${path([...points].reverse().map(([v, , hi]) => [v, hi])).replace('M', 'L')}Z`;
  return (
    <Figure title={title} note={note} table={<Table x={x} series={series} />}>
      {(series.length > 1 || series.some((s) => s.area)) && (
        <p class="key">{series.map((s, i) => (
          <span key={s.name} class={`series-${i % 6}`}><Swatch of={s} /> {s.name}{s.area && <> <i class="wash" /> {s.area.name}</>}</span>
        ))}</p>
      )}
      <p class="hint">{y}</p>
      <div ref={ref}>
        <svg class="chart" width={width} height={HIGH + FOOT} role="img" aria-label={`${title}: ${y} / ${x}`}>
          {ys.ticks.map((v) => (
            <g key={v}>
              <line class="grid-line" x1={LEFT} x2={width - 12} y1={ys.to(v)} y2={ys.to(v)} />
              <text x={LEFT - 6} y={ys.to(v) + 4} text-anchor="end">{tickText(v)}</text>
            </g>
          ))}
          {xs.ticks.map((v) => <text key={v} x={xs.to(v)} y={HIGH + 18} text-anchor="middle">{tickText(v)}</text>)}
          <text x={(LEFT + width) / 2} y={HIGH + 36} text-anchor="middle" class="axis">{x}</text>
          {diagonal && <line class="diagonal" x1={xs.to(0)} y1={ys.to(0)} x2={xs.to(1)} y2={ys.to(1)} />}
          {series.map((s, i) => (
            <g key={s.name} class={`series-${i % 6}`}>
              {s.area && <path class="area" d={outline(s.area.points)} />}
              {s.band?.map(([lo, hi], k) => {
                const p = s.points[k];
                return p && <line key={k} class="band" x1={xs.to(p[0])} x2={xs.to(p[0])} y1={ys.to(lo)} y2={ys.to(hi)} />;
              })}
              <path class={s.faint ? 'curve faint' : 'curve'} d={path(s.points)} />
              {s.points.length <= 12 && !s.faint && s.points.map((p) => (
                <circle key={p[0]} cx={xs.to(p[0])} cy={ys.to(p[1])} r={3.5}><title>{`${s.name}: ${showNumber(p[0], 4)}, ${showNumber(p[1], 4)}`}</title></circle>
              ))}
            </g>
          ))}
        </svg>
      </div>
    </Figure>
  );
}
