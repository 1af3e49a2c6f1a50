// plan_form.tsx - the members of a measurement plan as inputs that follow its kind, and as JSON for who prefers it.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { href } from '../base/router';
import { faultAt, FormField, localFault } from '../records/form';
import type { SpecialProps } from '../records/special';
import type { Field } from '../records/types';
import { fieldLabel, t } from '../text/text';
import { Button, Doc } from '../ui/basics';
import { useColumns } from './columns';
import { columnFields, type Kind, kindTitle, moreFields, optionField, rawField, useKind, useKinds } from './kinds';

type Values = Record<string, unknown>;

export function KindField(p: SpecialProps) {
  const kinds = useKinds();
  const kind = kinds?.find((k) => k.id === p.value);
  const fault = faultAt('kind', p.problem, p.touched ? localFault(p.field, p.value) : null);
  const known = !p.value || !kinds || kind;
  return (
    <div class={`field t-long${fault ? ' bad' : ''}`}>
      <label for="f-kind">{fieldLabel('kind')}<span class="required" title={t('required')}> *</span></label>
      <select id="f-kind" required aria-invalid={!!fault} aria-describedby="f-kind-hint" value={String(p.value ?? '')}
        onChange={(e) => p.onChange(e.currentTarget.value || null)}>
        <option value="">–</option>
        {!known && <option value={String(p.value)}>{String(p.value)}</option>}
        {kinds?.map((k) => <option key={k.id} value={k.id}>{kindTitle(k)}</option>)}
      </select>
      <p id="f-kind-hint" class="hint">
        {fault ? <strong>{fault}</strong> : <Doc text={kind?.description ?? p.field.doc} />}
        {kind && kind.controls.length > 0 && <> {t('kind_proves')} {kind.controls.map((c, i) => <>{i > 0 && ', '}<a href={href('map', c)}>{c}</a></>)}.</>}
      </p>
    </div>
  );
}

export function ReferenceField(p: SpecialProps) {
  const kind = useKind(p.valueOf('kind'));
  const needed = !!kind?.needs.includes('reference');
  return needed || !kind || typeof p.value === 'number' ? <FormField {...p} /> : null;
}

/** A part of the page that is a form of its own or the raw value, as the reader likes. */
export function RawSwitch({ raw, stuck, onChange }: { raw: boolean; stuck: boolean; onChange: (raw: boolean) => void }) {
  return <Button pressed={raw} disabled={raw && stuck} onClick={() => onChange(!raw)}>{t('as_json')}</Button>;
}

interface PartsProps {
  fields: Field[];
  path: string;
  values: Values;
  problem: SpecialProps['problem'];
  onChange: (name: string, value: unknown) => void;
}

function Parts({ fields, path, values, problem, onChange }: PartsProps) {
  const [touched, setTouched] = useState(new Set<string>());
  return (
    <div class="fields">
      {fields.map((f) => (
        <FormField key={f.name} field={f} path={`${path}.${f.name}`} value={values[f.name]} problem={problem} touched={touched.has(f.name)}
          onChange={(v) => {
            setTouched((s) => new Set(s).add(f.name));
            onChange(f.name, v);
          }} />
      ))}
    </div>
  );
}

/* Taking the last member away leaves an empty object, which is a value. */
const withMember = (values: Values, name: string, value: unknown): Values => {
  const { [name]: _, ...rest } = values;
  return value === null || value === undefined ? rest : { ...rest, [name]: value };
};

const asObject = (x: unknown): Values => (x && typeof x === 'object' && !Array.isArray(x) ? (x as Values) : {});

/* What the kind has no input for stays, as JSON. */
const unknownOf = (values: Values, known: Field[]): Field[] =>
  Object.keys(values).filter((k) => k !== 'options' && !known.some((f) => f.name === k)).map(rawField);

function KindParts({ kind, p }: { kind: Kind; p: SpecialProps }) {
  const columns = useColumns(p.valueOf('dataset_version'));
  const values = asObject(p.value);
  const options = asObject(values.options);
  const asksModel = typeof p.valueOf('model_version') === 'number' && !('prediction' in values) && !('score' in values);
  const first = columnFields(kind, columns, asksModel);
  const more = moreFields();
  const own = kind.options.map((o) => optionField(o, columns));
  const set = (name: string, v: unknown) => p.onChange(withMember(values, name, v));
  const setOption = (name: string, v: unknown) => {
    const next = withMember(options, name, v);
    set('options', Object.keys(next).length ? next : null);
  };
  const open = more.some((f) => f.name in values || p.problem?.path === `parameters.${f.name}`);
  return (
    <>
      {columns.length > 0 && <p class="hint">{t('columns_known', { what: columns.slice(0, 30).join(', ') + (columns.length > 30 ? ' …' : '') })}</p>}
      <Parts path="parameters" fields={[...first, ...unknownOf(values, [...first, ...more])]} values={values} problem={p.problem} onChange={set} />
      {own.length > 0 && <h2 class="small">{t('options_of', { what: kindTitle(kind) })}</h2>}
      <Parts path="parameters.options" fields={[...own, ...unknownOf(options, own)]} values={options} problem={p.problem} onChange={setOption} />
      <details open={open}>
        <summary>{t('how_counted')}</summary>
        <Parts path="parameters" fields={more} values={values} problem={p.problem} onChange={set} />
      </details>
    </>
  );
}

export function ParametersField(p: SpecialProps) {
  const kind = useKind(p.valueOf('kind'));
  const [wanted, setRaw] = useState(false);
  const broken = typeof p.value === 'string';
  /* No parameters are parameters, too. */
  useEffect(() => {
    if (kind && (p.value === undefined || p.value === null)) p.onChange({});
  }, [kind?.id]);
  if (!kind) return <FormField {...p} />;
  const raw = wanted || broken;
  return (
    <fieldset class="special" id="f-parameters" tabIndex={-1}>
      <legend>{fieldLabel('parameters')}</legend>
      <RawSwitch raw={raw} stuck={broken} onChange={setRaw} />
      {raw ? <FormField {...p} path="parameters" /> : <KindParts kind={kind} p={p} />}
      {!raw && p.problem?.path === 'parameters' && <p class="hint bad"><strong>{faultAt('parameters', p.problem, null)}</strong></p>}
    </fieldset>
  );
}
