// status.tsx - a state as colour, shape and word: never by colour alone.
// SPDX-License-Identifier: Apache-2.0

import { valueLabel } from '../text/text';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'quiet';

const TONES: Record<string, Tone> = {
  proven: 'good', pass: 'good', approved: 'good', implemented: 'good', treated: 'good', closed: 'good',
  done: 'good', accepted: 'good', deployed: 'good', corrected: 'good',
  failing: 'bad', fail: 'bad', failed: 'bad', critical: 'bad', major: 'bad', prohibited: 'bad',
  stale: 'warn', inconclusive: 'warn', open: 'warn', partial: 'warn', high: 'warn', minor: 'warn',
  not_started: 'warn', in_review: 'warn',
  declared: 'info', running: 'info', queued: 'info', candidate: 'info', draft: 'info', medium: 'info',
  observation: 'info',
  planned: 'quiet', excluded: 'quiet', withdrawn: 'quiet', cancelled: 'quiet', none: 'quiet', low: 'quiet',
};

export const statusTone = (value: string): Tone | undefined => TONES[value];

/* One small shape for each tone. */
const SHAPES: Record<Tone, string> = {
  good: 'M2.5 6.5 5 9l4.5-6',
  bad: 'M3 3l6 6M9 3l-6 6',
  warn: 'M6 2.5v4.5M6 9.4v.1',
  info: 'M6 5.5v4M6 2.6v.1',
  quiet: 'M3 6h6',
};

export function ToneMark({ tone }: { tone: Tone }) {
  return (
    <svg class="mark" viewBox="0 0 12 12" width="0.75rem" height="0.75rem" aria-hidden="true">
      <path d={SHAPES[tone]} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
        stroke-linejoin="round" />
    </svg>
  );
}

export function Status({ value }: { value: string }) {
  const tone = statusTone(value) ?? 'quiet';
  return (
    <span class={`status ${tone} s-${value}`}>
      <ToneMark tone={tone} />
      {valueLabel(value)}
    </span>
  );
}
