// plan_limits.tsx - the limits of a plan as rows: metric, slice, operator, value.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { faultAt, FormField } from '../records/form';
import type { SpecialProps } from '../records/special';
import { fieldLabel, t } from '../text/text';
import { Button } from '../ui/basics';
import { type Kind, useKind } from './kinds';
import { type LimitParts, limitParts, limitText, OPS, quoted, risesWell } from './limit_text';
import { RawSwitch } from './plan_form';

const words = (id: string) => id.replace(/_/g, ' ');

/* What the figures of the kind, or the groups of the plan, can be cut by. */
function slicesOf(kind: Kind, p: SpecialProps): string[] {
  const groups = (p.valueOf('parameters') as { groups?: unknown } | null | undefined)?.groups;
  const keys = kind.slice ? kind.slice.split(',') : Array.isArray(groups) ? groups.map(String) : [];
  return keys.length ? ['*', ...keys.map((k) => `${quoted(k)}=`)] : [];
}

interface RowProps {
  kind: Kind;
  at: number;
  text: string;
  slices: string[];
  problem: SpecialProps['problem'];
  onChange: (text: string) => void;
  onRemove: () => void;
}

function LimitRow({ kind, at, text, slices, problem, onChange, onRemove }: RowProps) {
  const id = `f-limits.${at}`;
  const fault = faultAt(`limits.${at}`, problem, null);
  const l = limitParts(text);
  const name = (what: string) => `${t('limit')} ${at + 1}: ${what}`;
  const set = (part: Partial<LimitParts>) => l && onChange(limitText({ ...l, ...part }));
  return (
    <li class={fault ? 'bad' : ''} aria-describedby={fault ? `${id}-hint` : undefined}>
      {!l ? <input id={id} class="whole" value={text} aria-label={name('')} aria-invalid={!!fault} onInput={(e) => onChange(e.currentTarget.value)} /> : (
        <>
          <select id={id} class="metric" aria-label={name(t('metric'))} aria-invalid={!!fault} value={l.metric}
            onChange={(e) => set({ metric: e.currentTarget.value, ...(l.value === '' ? { op: risesWell(e.currentTarget.value) ? '>=' : '<=' } : {}) })}>
            {!kind.metrics.includes(l.metric) && <option value={l.metric}>{l.metric ? words(l.metric) : '–'}</option>}
            {kind.metrics.map((m) => <option key={m} value={m}>{words(m)}</option>)}
          </select>
          <input class="slice" aria-label={name(t('slice'))} list="limit-slices" placeholder={t('the_whole')} value={l.slice} autocomplete="off"
            disabled={!l.slice && slices.length === 0} onInput={(e) => set({ slice: e.currentTarget.value.replace(/[[\]]/g, '') })} />
          <select class="op" aria-label={name(t('operator'))} value={l.op} onChange={(e) => set({ op: e.currentTarget.value })}>
            {OPS.map((o) => <option key={o} value={o}>{o.replace('<=', '≤').replace('>=', '≥')}</option>)}
          </select>
          <input class="value" aria-label={name(t('value'))} inputMode="decimal" value={l.value} autocomplete="off" aria-invalid={!!fault}
            onInput={(e) => set({ value: e.currentTarget.value })} />
        </>
      )}
      <Button icon="close" label={t('remove', { what: text })} onClick={onRemove} />
      {fault && <p id={`${id}-hint`} class="hint"><strong>{fault}</strong></p>}
    </li>
  );
}

function Rows({ kind, p }: { kind: Kind; p: SpecialProps }) {
  const texts = (p.value as string[] | null | undefined) ?? [];
  const slices = slicesOf(kind, p);
  const set = (next: string[]) => p.onChange(next.length ? next : null);
  return (
    <>
      <ul class="limit-rows">
        {texts.map((text, i) => (
          <LimitRow key={i} kind={kind} at={i} text={text} slices={slices} problem={p.problem}
            onChange={(x) => set(texts.map((y, k) => (k === i ? x : y)))} onRemove={() => set(texts.filter((_, k) => k !== i))} />
        ))}
      </ul>
      <datalist id="limit-slices">{slices.map((s) => <option key={s} value={s} />)}</datalist>
      <Button icon="add" onClick={() => set([...texts, '<='])}>{t('add_limit')}</Button>
    </>
  );
}

export function LimitsField(p: SpecialProps) {
  const kind = useKind(p.valueOf('kind'));
  const [raw, setRaw] = useState(false);
  if (!kind) return <FormField {...p} />;
  const whole = p.problem?.path === 'limits' ? faultAt('limits', p.problem, null) : null;
  return (
    <fieldset class="special" id="f-limits" tabIndex={-1}>
      <legend>{fieldLabel('limits')}</legend>
      <RawSwitch raw={raw} stuck={false} onChange={setRaw} />
      {raw ? <FormField {...p} /> : <Rows kind={kind} p={p} />}
      {!raw && <p class="hint">{whole ? <strong>{whole}</strong> : t('limits_hint')}</p>}
    </fieldset>
  );
}
