// waterfall.tsx - one decision: from the answer when nothing is known, feature by feature, to the answer.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { showNumber, t } from '../text/text';
import { Figure, labelRoom, RowLabel, useWidth } from './frame';
import { scaleOver, tickText } from './scale';

export interface Step {
  label: string;
  amount: number;
  /** The sum from the base to here. */
  total: number;
  interval?: [number, number] | undefined;
}

const ROW = 28;
const FOOT = 22;

const signed = (v: number, digits = 3) => `${v > 0 ? '+' : v < 0 ? '−' : ''}${showNumber(Math.abs(v), digits)}`;
const range = (i: [number, number] | undefined) => (i ? ` (${signed(i[0])} – ${signed(i[1])})` : '');

function Table({ base, steps, unit }: { base: number; steps: Step[]; unit: string }) {
  const last = steps[steps.length - 1]?.total ?? base;
  const some = steps.some((s) => s.interval);
  return (
    <table>
      <thead><tr><th>{t('feature')}</th><th class="number">{t('contribution')}</th>{some && <th class="number">{t('interval')}</th>}<th class="number" lang="en">{unit}</th></tr></thead>
      <tbody>
        <tr><th scope="row">{t('base_value')}</th><td />{some && <td />}<td class="number">{showNumber(base, 6)}</td></tr>
        {steps.map((s) => (
          <tr key={s.label}>
            <th scope="row">{s.label}</th><td class="number">{signed(s.amount, 6)}</td>
            {some && <td class="number">{s.interval ? `${signed(s.interval[0], 4)} – ${signed(s.interval[1], 4)}` : '–'}</td>}
            <td class="number">{showNumber(s.total, 6)}</td>
          </tr>
        ))}
        <tr><th scope="row">{t('answer_value')}</th><td />{some && <td />}<td class="number">{showNumber(last, 6)}</td></tr>
      </tbody>
    </table>
  );
}

interface Bar {
  label: string;
  from: number;
  to: number;
  said: string;
  tone: string;
}

/** Each bar begins where the one before ended; every one is a stop of the keyboard and says what it is. */
export function Waterfall({ title, base, steps, unit, note }: { title: string; base: number; steps: Step[]; unit: string; note: string }) {
  const [ref, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const last = steps[steps.length - 1]?.total ?? base;
  const bars: Bar[] = [
    { label: t('base_value'), from: base, to: base, said: showNumber(base, 4), tone: 'series-5' },
    ...steps.map((s) => ({ label: s.label, from: s.total - s.amount, to: s.total, said: signed(s.amount), tone: s.amount < 0 ? 'series-1' : 'series-0' })),
    { label: t('answer_value'), from: last, to: last, said: showNumber(last, 4), tone: 'series-5' },
  ];
  const { left, above } = labelRoom(bars.map((b) => b.label), width);
  const each = ROW + above;
  const high = bars.length * each;
  const x = scaleOver(bars.flatMap((b) => [b.from, b.to]), left, width - 64, width < 480 ? 3 : 6);
  const step = at === null ? undefined : steps[at - 1];
  const shown = at === null ? undefined : bars[at];
  return (
    <Figure title={title} note={note} table={<Table base={base} steps={steps} unit={unit} />}>
      <p class="key"><span class="series-0"><i /> {t('raises')}</span><span class="series-1"><i /> {t('lowers')}</span></p>
      <div ref={ref}>
        <svg class="chart waterfall" width={width} height={high + FOOT} role="list" aria-label={title}>
          {x.ticks.map((v) => (
            <g key={v} aria-hidden="true">
              <line class="grid-line" x1={x.to(v)} x2={x.to(v)} y1={0} y2={high} />
              <text x={x.to(v)} y={high + 16} text-anchor="middle">{tickText(v)}</text>
            </g>
          ))}
          {bars.map((b, i) => {
            const y = i * each + above;
            const end = Math.max(x.to(b.from), x.to(b.to));
            return (
              <g key={b.label} class={b.tone} role="listitem" tabIndex={0} aria-label={`${b.label}: ${b.said}`}
                onFocus={() => setAt(i)} onMouseEnter={() => setAt(i)}>
                <rect class="stop" x={0} y={i * each + 1} width={width} height={each - 2} rx={4} />
                <RowLabel text={b.label} left={left} above={above} x={left - 10} y={above ? i * each : y + ROW / 2 + 4} width={width} />
                {b.from === b.to ? <circle cx={x.to(b.to)} cy={y + ROW / 2} r={5} />
                  : <rect class="bar-fill" x={Math.min(x.to(b.from), x.to(b.to))} y={y + 6} width={Math.max(1, Math.abs(x.to(b.to) - x.to(b.from)))} height={ROW - 12} rx={2} />}
                {i + 1 < bars.length && <line class="join" x1={x.to(b.to)} x2={x.to(b.to)} y1={y + ROW / 2} y2={y + each + ROW / 2} />}
                <text x={end + 8} y={y + ROW / 2 + 4}>{b.said}</text>
              </g>
            );
          })}
        </svg>
      </div>
      <p class="hint" role="status">{shown ? `${shown.label}: ${step ? t('step_says', { by: signed(step.amount, 4) + range(step.interval), to: showNumber(step.total, 4) }) : shown.said}` : t('step_hint')}</p>
    </Figure>
  );
}
