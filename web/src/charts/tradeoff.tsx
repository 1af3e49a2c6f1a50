// tradeoff.tsx - two rates over all thresholds, ROC or precision-recall, with any threshold in words.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { showNumber, t } from '../text/text';
import { Figure, useWidth } from './frame';
import { scaleOver, tickText } from './scale';

/** A rate and its interval. */
export interface Rate {
  value: number;
  interval: [number, number];
}

export interface Point {
  /** null: above all scores. */
  threshold: number | null;
  x: Rate;
  y: Rate;
}

const LEFT = 44;
const FOOT = 40;
const MOST = 440;

const rate = (r: Rate) => `${showNumber(r.value, 3)} (${showNumber(r.interval[0], 3)} – ${showNumber(r.interval[1], 3)})`;

function Table({ points, x, y }: { points: Point[]; x: string; y: string }) {
  const cells = (r: Rate) => [<td key="v" class="number">{showNumber(r.value, 4)}</td>, <td key="i" class="number">{`${showNumber(r.interval[0], 4)} – ${showNumber(r.interval[1], 4)}`}</td>];
  return (
    <table>
      <thead><tr><th class="number">{t('threshold')}</th><th class="number" lang="en">{x}</th><th class="number">{t('interval')}</th><th class="number" lang="en">{y}</th><th class="number">{t('interval')}</th></tr></thead>
      <tbody>{points.map((p, i) => <tr key={i}><td class="number">{p.threshold === null ? t('above_all') : showNumber(p.threshold, 5)}</td>{cells(p.x)}{cells(p.y)}</tr>)}</tbody>
    </table>
  );
}

/* Of stairs every point is the right end of its step. */
const outline = (points: [number, number][], stairs: boolean) => points.map(([a, b], i) => {
  const [x, y] = [a.toFixed(1), b.toFixed(1)];
  return i === 0 ? `M${x} ${y}` : stairs ? `V${y}H${x}` : `L${x} ${y}`;
}).join('');

interface Props {
  title: string;
  names: { x: string; y: string };
  points: Point[];
  stairs?: boolean;
  /** lo and hi at each x, and what they promise. */
  band?: { text: string; points: [number, number, number][] };
  /** What a score that knows nothing would give. */
  chance: { text: string; points: [number, number][] };
  /** How the predictions that were measured lie. */
  here?: Point | undefined;
  /** The same of another run. */
  other?: Point[] | undefined;
  note: string;
}

function Cross({ p, to, tone }: { p: Point; to: (x: number, y: number) => [number, number]; tone: string }) {
  const [cx, cy] = to(p.x.value, p.y.value);
  const [x1, y1] = to(p.x.interval[0], p.y.interval[0]);
  const [x2, y2] = to(p.x.interval[1], p.y.interval[1]);
  return (
    <g class={tone}>
      <line class="whisker" x1={x1} x2={x2} y1={cy} y2={cy} />
      <line class="whisker" x1={cx} x2={cx} y1={y1} y2={y2} />
      <circle cx={cx} cy={cy} r={5} />
    </g>
  );
}

function Plane({ size, x, y, names, title }: { size: number; x: ReturnType<typeof scaleOver>; y: ReturnType<typeof scaleOver>; names: Props['names']; title: string }) {
  return (
    <>
      <title>{title}</title>
      {x.ticks.map((v) => (
        <g key={v}>
          <line class="grid-line" x1={x.to(v)} x2={x.to(v)} y1={y.to(1)} y2={y.to(0)} />
          <line class="grid-line" x1={x.to(0)} x2={x.to(1)} y1={y.to(v)} y2={y.to(v)} />
          <text x={x.to(v)} y={size - FOOT + 18} text-anchor="middle">{tickText(v)}</text>
          <text x={LEFT - 6} y={y.to(v) + 4} text-anchor="end">{tickText(v)}</text>
        </g>
      ))}
      <text class="axis" lang="en" x={(LEFT + size) / 2} y={size - 4} text-anchor="middle">{names.x}</text>
    </>
  );
}

export function Tradeoff({ title, names, points, stairs, band, chance, here, other, note }: Props) {
  const [ref, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const size = Math.min(width, MOST);
  const x = scaleOver([0, 1], LEFT, size - 12);
  const y = scaleOver([0, 1], size - FOOT, 8);
  const to = (a: number, b: number): [number, number] => [x.to(a), y.to(b)];
  const path = (all: Point[]) => outline([...(stairs && all[0] ? [to(0, all[0].y.value)] : []), ...all.map((p) => to(p.x.value, p.y.value))], Boolean(stairs));
  const area = (band?.points ?? []).map(([v, lo, hi]) => ({ lo: to(v, lo), hi: to(v, hi) }));
  const chosen = at === null ? undefined : points[at];
  const shown = chosen ?? here;
  const where = chosen ? t('at_threshold', { n: chosen.threshold === null ? t('above_all') : showNumber(chosen.threshold, 4) }) : t('as_decided');
  const said = shown ? `${where}: ${names.x} ${rate(shown.x)}, ${names.y} ${rate(shown.y)}` : t('slide_hint');
  return (
    <Figure title={title} note={note} table={<Table points={points} x={names.x} y={names.y} />}>
      <p class="key">
        <span class="series-0"><i /> {t('this_model')}{band && <> <i class="wash" /> {band.text}</>}</span>
        {other && <span class="series-2"><svg class="chart swatch" width={28} height={10} aria-hidden="true"><line class="curve" x1={1} x2={27} y1={5} y2={5} /></svg> {t('other_run')}</span>}
        <span class="series-4"><i class="dashed" /> {chance.text}</span>
      </p>
      <p class="hint" lang="en">{names.y}</p>
      <div ref={ref}>
        <svg class="chart tradeoff" width={size} height={size} role="img" aria-label={`${title}: ${names.y} / ${names.x}`}>
          <Plane size={size} x={x} y={y} names={names} title={title} />
          <g class="series-0">
            {area.length > 0 && <path class="area" d={`${outline(area.map((a) => a.lo), false)}${outline(area.map((a) => a.hi).reverse(), false).replace('M', 'L')}Z`} />}
            <path class="diagonal" d={outline(chance.points.map(([a, b]) => to(a, b)), false)} />
            <path class="curve" d={path(points)} />
          </g>
          {other && <g class="series-2"><path class="curve" d={path(other)} /></g>}
          {here && <Cross p={here} to={to} tone="series-5" />}
          {chosen && <Cross p={chosen} to={to} tone="series-1" />}
        </svg>
      </div>
      <label class="slide">
        <span>{t('threshold')}</span>
        <input type="range" min={0} max={points.length - 1} step={1} value={at ?? 0} aria-valuetext={said} onInput={(e) => setAt(Number(e.currentTarget.value))} />
      </label>
      <p class="hint reading">{said}</p>
    </Figure>
  );
}
