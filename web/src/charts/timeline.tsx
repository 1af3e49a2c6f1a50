// timeline.tsx - runs of measurements over time, one line for each plan, by verdict.
// SPDX-License-Identifier: Apache-2.0

import { showTime } from '../base/time';
import { valueLabel } from '../text/text';
import { statusTone } from '../ui/status';
import { Figure, fitText, useWidth } from './frame';

export interface Run {
  at: string;
  verdict: string;
  to: string;
}

const ROW = 30;
const FOOT = 22;

/* A shape for each verdict, so that colour is not alone. */
function Mark({ verdict, x, y }: { verdict: string; x: number; y: number }) {
  if (verdict === 'fail') return <rect class="bar-fill" x={x - 6} y={y - 6} width={12} height={12} />;
  if (verdict === 'inconclusive') return <path class="bar-fill" d={`M${x} ${y - 8}l8 14h-16z`} />;
  return <circle cx={x} cy={y} r={7} />;
}

export function Timeline({ title, lines }: { title: string; lines: { label: string; runs: Run[] }[] }) {
  const [ref, width] = useWidth();
  const times = lines.flatMap((l) => l.runs.map((r) => Date.parse(r.at)));
  const lo = Math.min(...times);
  const hi = Math.max(...times);
  const left = Math.min(width * 0.4, 220);
  const x = (t: number) => (hi === lo ? (left + width) / 2 : left + 10 + ((t - lo) / (hi - lo)) * (width - left - 30));
  const crowded = hi > lo && (width - left < 280 || showTime(new Date(lo).toISOString()) === showTime(new Date(hi).toISOString()));
  return (
    <Figure title={title}>
      <div ref={ref}>
        <svg class="chart" width={width} height={lines.length * ROW + FOOT} role="group" aria-label={title}>
          {lines.map((l, i) => {
            const y = i * ROW + ROW / 2;
            return (
              <g key={l.label}>
                <text class="row-label" x={left - 10} y={y + 4} text-anchor="end">{fitText(l.label, left - 12)}</text>
                <line class="grid-line" x1={left} x2={width - 10} y1={y} y2={y} />
                {l.runs.map((r) => (
                  <a key={r.to} href={r.to} class={`tone-${statusTone(r.verdict) ?? 'quiet'}`} aria-label={`${l.label}, ${showTime(r.at)}: ${valueLabel(r.verdict)}`}>
                    <title>{`${showTime(r.at)}: ${valueLabel(r.verdict)}`}</title>
                    <Mark verdict={r.verdict} x={x(Date.parse(r.at))} y={y} />
                  </a>
                ))}
              </g>
            );
          })}
          {times.length > 0 && !crowded && <text x={x(lo)} y={lines.length * ROW + 16} text-anchor={hi === lo ? 'middle' : 'start'}>{showTime(new Date(lo).toISOString())}</text>}
          {hi > lo && <text x={width - 10} y={lines.length * ROW + 16} text-anchor="end">{showTime(new Date(hi).toISOString())}</text>}
        </svg>
      </div>
    </Figure>
  );
}
