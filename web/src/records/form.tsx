// form.tsx - adding and changing a record of any type; nothing typed is ever lost.
// SPDX-License-Identifier: Apache-2.0

import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { type Draft, dropDraft, keepDraft, readDraft } from '../base/draft';
import { outdate } from '../base/resource';
import { go, href, query } from '../base/router';
import { fieldLabel, t, typeLabel } from '../text/text';
import { Button, Doc, LinkButton, ProblemNote, say } from '../ui/basics';
import { FieldInput } from './inputs';
import { Merge } from './merge';
import { specialField, type SpecialProps } from './special';
import { type Field, fieldOf, type RecordType, type Row } from './types';

/** What can be told before the server is asked: it has the last word. */
export function localFault(f: Field, value: unknown): string | null {
  const absent = value === undefined || value === null || value === '';
  if (absent) return f.required && f.type !== 'bool' ? t('must_be_given') : null;
  if (f.type === 'json' && typeof value === 'string') return t('no_json');
  if (typeof value === 'number' && f.min !== undefined && f.max !== undefined && (value < f.min || value > f.max) && Math.abs(f.max) < 1e15)
    return t('must_lie_between', { lo: f.min, hi: f.max });
  if (typeof value === 'string' && f.max !== undefined && [...value].length > f.max) return t('too_long', { n: f.max });
  return null;
}

const within = (path: string, problem: Problem | undefined) =>
  !!problem && (problem.path === path || problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`));

/** What is wrong at a path: what the server refused there, else what can be told here. */
export function faultAt(path: string, problem: Problem | undefined, own: string | null): string | null {
  if (!problem || !within(path, problem)) return own;
  return problem.hint ? `${problem.message} - ${problem.hint}` : problem.message;
}

/** One member in a form; `path` is where its refusals point when it is a part of another member. */
export function FormField({ field, path = field.name, value, problem, touched, onChange, onOthers }: Omit<SpecialProps, 'valueOf'> & { path?: string }) {
  const id = `f-${path}`;
  const fault = faultAt(path, problem, touched ? localFault(field, value) : null);
  return (
    <div class={`field t-${field.type}${fault ? ' bad' : ''}`}>
      <label for={id}>
        {fieldLabel(field.name)}
        {field.required && <span class="required" title={t('required')}> *</span>}
        {field.personal && <span class="tag" title={t('personal_hint')}>{t('personal')}</span>}
      </label>
      <FieldInput field={field} id={id} value={value} onChange={onChange} onOthers={onOthers} invalid={!!fault} describedBy={`${id}-hint`} />
      <p id={`${id}-hint`} class="hint">{fault ? <strong>{fault}</strong> : field.translated ? field.doc : <Doc text={field.doc} />}</p>
    </div>
  );
}

/* The input that a refusal is about: that of the part, else that of the member it is in. */
function focusOn(path: string): void {
  for (let at = path; at; at = at.replace(/[.[]?[^.[]*$/, '')) {
    const input = document.getElementById(`f-${at}`);
    if (input) return input.focus();
  }
}

/** Members given in the address fill a new record: ?system=3 */
function fromAddress(type: RecordType): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [k, v] of query.value) {
    const f = fieldOf(type, k);
    if (f) out[k] = f.type === 'ref' || f.type === 'int' ? Number(v) : f.type === 'links' ? v.split(',').map(Number)
      : f.type === 'list' ? v.split(',') : f.type === 'bool' ? v === 'true' : v;
  }
  return out;
}

/* A required tick that was never touched means no. */
function withTicks(type: RecordType, changes: Record<string, unknown>): Record<string, unknown> {
  const all = { ...changes };
  for (const f of type.fields) if (f.type === 'bool' && f.required && !f.read_only && all[f.name] === undefined) all[f.name] = false;
  return all;
}

const withoutNulls = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== null));

/** The state of a form: what was changed, what was refused, what somebody else did meanwhile. */
function useForm(type: RecordType, row: Row | undefined) {
  const key = row ? `${type.plural}/${row.id}` : `${type.plural}/new`;
  const fresh = (): Draft => (row ? { version: row.version, base: row, changes: {} } : { changes: {} });
  const kept = useMemo(() => readDraft(key), [key]);
  const [draft, setDraft] = useState<Draft>(() => kept ?? (row ? fresh() : { changes: fromAddress(type) }));
  const [problem, setProblem] = useState<Problem>();
  const [theirs, setTheirs] = useState<Row>();
  const [busy, setBusy] = useState(false);
  const [idem, setIdem] = useState(() => crypto.randomUUID());
  useLayoutEffect(() => keepDraft(key, draft), [draft]);

  const change = (f: Field, v: unknown) => {
    setDraft((d) => ({ ...d, changes: { ...d.changes, [f.name]: v } }));
    setIdem(crypto.randomUUID());
    if (within(f.name, problem)) setProblem(undefined);
  };
  const send = (version: number | undefined, changes: Record<string, unknown>) =>
    row ? call<Row>('PATCH', `/${type.plural}/${row.id}`, { body: changes, version: version ?? row.version })
      : call<Row>('POST', `/${type.plural}`, { body: withoutNulls(withTicks(type, changes)), key: idem });
  const save = async (version = draft.version, changes = draft.changes) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const saved = await send(version, changes);
      dropDraft(key);
      outdate((p) => p.startsWith(`/${type.plural}`));
      say(t('saved'));
      go(href(type.plural, saved.id), true);
    } catch (x) {
      if (!(x instanceof Problem)) throw x;
      setProblem(x);
      if (x.code === 'stale' && row) setTheirs(await call<Row>('GET', `/${type.plural}/${row.id}`));
      else focusOn(x.path);
    } finally {
      setBusy(false);
    }
  };
  const merge = (changes: Record<string, unknown>) => {
    if (!theirs) return;
    setDraft({ version: theirs.version, base: theirs, changes });
    setTheirs(undefined);
    void save(theirs.version, changes);
  };
  const discard = () => {
    dropDraft(key);
    setDraft(fresh());
  };
  return { draft, restored: !!kept, problem, theirs, busy, change, save, merge, discard, backToForm: () => setTheirs(undefined) };
}

function Restored({ onDrop }: { onDrop: () => void }) {
  return <div class="note">{t('draft_restored')} <Button onClick={onDrop}>{t('draft_drop')}</Button></div>;
}

export function RecordForm({ type, row }: { type: RecordType; row?: Row }) {
  const form = useForm(type, row);
  const [touched, setTouched] = useState(new Set<string>());
  const { draft, problem } = form;
  const fields = type.fields.filter((f) => !f.read_only);
  const valueOf = (f: Pick<Field, 'name'>) => (f.name in draft.changes ? draft.changes[f.name] : draft.base?.[f.name]);
  const submit = (e: Event) => {
    e.preventDefault();
    const faulty = fields.find((f) => localFault(f, valueOf(f)));
    if (!faulty) return void form.save();
    setTouched(new Set(fields.map((f) => f.name)));
    focusOn(faulty.name);
  };
  if (form.theirs && draft.base)
    return <Merge type={type} base={draft.base as Row} mine={draft.changes} theirs={form.theirs} onCancel={form.backToForm} onDone={form.merge} />;
  const known = problem && fields.some((f) => problem.path.split(/[.[]/)[0] === f.name);
  return (
    <form class="record-form" noValidate onSubmit={submit}>
      {form.restored && <Restored onDrop={form.discard} />}
      {!known && <ProblemNote problem={problem} />}
      <div class="fields">
        {fields.map((f) => {
          const Show = specialField(type, f) ?? FormField;
          return (
            <Show key={f.name} field={f} value={valueOf(f)} problem={problem} touched={touched.has(f.name)} valueOf={(name) => valueOf({ name })} onChange={(v) => {
              form.change(f, v);
              setTouched((s) => new Set(s).add(f.name));
            }} onOthers={(values) => {
              for (const other of fields) if (other.name in values) form.change(other, values[other.name]);
            }} />
          );
        })}
      </div>
      <div class="form-foot">
        <Button type="submit" tone="main" icon="save" busy={form.busy} disabled={!!row && Object.keys(draft.changes).length === 0}>{t('save')}</Button>
        <LinkButton to={row ? href(type.plural, row.id) : href(type.plural)}>{t('cancel')}</LinkButton>
        <span class="hint">{t('required_hint', { what: typeLabel(type.title) })}</span>
      </div>
    </form>
  );
}
