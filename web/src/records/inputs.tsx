// inputs.tsx - the input of a member: what it is follows from its type alone.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { call, get, Problem, type StoredFile, upload } from '../base/api';
import { fieldLabel, showBytes, t, valueLabel } from '../text/text';
import { Icon } from '../ui/icon';
import { type Field, nameOf, type Row, typeByPlural } from './types';

export interface InputProps {
  field: Field;
  id: string;
  value: unknown;
  /** null: taken away. */
  onChange: (value: unknown) => void;
  /** Other members that follow from this one; absent where one member stands alone. */
  onOthers?: ((values: Record<string, unknown>) => void) | undefined;
  invalid: boolean;
  describedBy: string;
}

const aria = (p: InputProps) => ({
  id: p.id,
  'aria-invalid': p.invalid,
  'aria-describedby': p.describedBy,
  required: p.field.required,
});
function Suggestions({ field, id }: InputProps) {
  if (!field.suggest?.length) return null;
  return <datalist id={`${id}-known`}>{field.suggest.map((x) => <option key={x} value={x} />)}</datalist>;
}
const suggested = (p: InputProps) => (p.field.suggest?.length ? { list: `${p.id}-known` } : {});
const orNull = (text: string) => (text === '' ? null : text);

function TextInput(p: InputProps) {
  return (
    <>
      <input type="text" {...aria(p)} {...suggested(p)} value={String(p.value ?? '')} maxLength={p.field.max} autocomplete="off"
        placeholder={p.field.fallback} onInput={(e) => p.onChange(orNull(e.currentTarget.value))} />
      <Suggestions {...p} />
    </>
  );
}

function LongInput(p: InputProps) {
  const text = String(p.value ?? '');
  return (
    <textarea {...aria(p)} value={text} maxLength={p.field.max} rows={Math.min(14, Math.max(3, text.split('\n').length + 1))}
      onInput={(e) => p.onChange(orNull(e.currentTarget.value))} />
  );
}

/* Money is kept in minor units and typed in whole ones. */
function NumberInput(p: InputProps) {
  const scale = p.field.type === 'money' ? 100 : 1;
  const step = p.field.type === 'int' ? 1 : p.field.type === 'money' ? 0.01 : 'any';
  const shown = typeof p.value === 'number' ? String(p.value / scale) : '';
  return (
    <input type="number" {...aria(p)} value={shown} step={step} inputMode={p.field.type === 'int' ? 'numeric' : 'decimal'}
      min={bound(p.field.min, scale)} max={bound(p.field.max, scale)} placeholder={p.field.fallback}
      onInput={(e) => {
        const v = e.currentTarget.valueAsNumber;
        p.onChange(Number.isNaN(v) ? null : p.field.type === 'real' ? v : Math.round(v * scale));
      }} />
  );
}

const bound = (v: number | undefined, scale: number): number | undefined =>
  v === undefined || Math.abs(v) > 1e15 ? undefined : v / scale;

function BoolInput(p: InputProps) {
  if (p.field.required)
    return (
      <input type="checkbox" id={p.id} aria-describedby={p.describedBy} checked={p.value === true}
        onChange={(e) => p.onChange(e.currentTarget.checked)} />
    );
  return (
    <select {...aria(p)} value={p.value === undefined || p.value === null ? '' : String(p.value)}
      onChange={(e) => p.onChange(e.currentTarget.value === '' ? null : e.currentTarget.value === 'true')}>
      <option value="">–</option>
      <option value="true">{t('yes')}</option>
      <option value="false">{t('no')}</option>
    </select>
  );
}

function EnumInput(p: InputProps) {
  return (
    <select {...aria(p)} value={String(p.value ?? '')} onChange={(e) => p.onChange(orNull(e.currentTarget.value))}>
      <option value="">–</option>
      {p.field.names?.map((n) => <option key={n} value={n}>{valueLabel(n)}</option>)}
    </select>
  );
}

function DateInput(p: InputProps) {
  return (
    <input type="date" {...aria(p)} value={String(p.value ?? '')} onInput={(e) => p.onChange(orNull(e.currentTarget.value))} />
  );
}

/* Typed in the person's zone, kept in UTC. */
function TimeInput(p: InputProps) {
  const local = typeof p.value === 'string' ? new Date(Date.parse(p.value) - new Date(p.value).getTimezoneOffset() * 60000)
    .toISOString().slice(0, 16) : '';
  return (
    <input type="datetime-local" {...aria(p)} value={local} onInput={(e) => {
      const v = e.currentTarget.value;
      p.onChange(v ? new Date(v).toISOString() : null);
    }} />
  );
}

// ---- references ----

function useMatches(plural: string, text: string): Row[] {
  const [rows, setRows] = useState<Row[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      call<{ items: Row[] }>('GET', `/${plural}`, { query: { limit: 20, q: text || undefined }, signal: stop.signal })
        .then((r) => setRows(r.items), () => undefined);
    }, 120);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [plural, text]);
  return rows;
}

function Picker({ plural, id, label, onPick, describedBy, invalid }: {
  plural: string; id: string; label: string; onPick: (row: Row) => void; describedBy: string; invalid: boolean;
}) {
  const type = typeByPlural(plural);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const rows = useMatches(plural, text);
  useEffect(() => {
    if (open) document.getElementById(`${id}-${rows[at]?.id}`)?.scrollIntoView({ block: 'nearest' });
  }, [at, open]);
  const pick = (row: Row | undefined) => {
    if (!row) return;
    onPick(row);
    setText('');
    setOpen(false);
  };
  const press = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown') setAt(open ? Math.min(at + 1, rows.length - 1) : at);
    else if (e.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (e.key === 'Enter' && open) pick(rows[at]);
    else if (e.key === 'Escape' && open) setOpen(false);
    else return;
    setOpen(e.key !== 'Escape');
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div class="picker">
      <input id={id} role="combobox" aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list" value={text}
        aria-describedby={describedBy} aria-invalid={invalid} autocomplete="off" placeholder={label}
        aria-activedescendant={open && rows[at] ? `${id}-${rows[at].id}` : undefined}
        onClick={() => setOpen(true)} onBlur={() => setOpen(false)} onKeyDown={press}
        onInput={(e) => {
          setText(e.currentTarget.value);
          setAt(0);
          setOpen(true);
        }} />
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!open}>
        {rows.map((r, i) => (
          <li key={r.id} id={`${id}-${r.id}`} role="option" aria-selected={i === at} onMouseDown={(e) => {
            e.preventDefault(); /* the focus stays, and with it the list until the end of the click */
            pick(r);
          }}>
            {type ? nameOf(type, r) : `#${r.id}`}
          </li>
        ))}
        {rows.length === 0 && <li class="none" role="option" aria-selected="false" aria-disabled="true">{t('nothing_found')}</li>}
      </ul>
    </div>
  );
}

function Chip({ plural, id, onRemove }: { plural: string; id: number; onRemove: () => void }) {
  const [name, setName] = useState(`#${id}`);
  const type = typeByPlural(plural);
  useEffect(() => {
    get<Row>(`/${plural}/${id}`).then((r) => type && setName(nameOf(type, r)), () => undefined);
  }, [plural, id]);
  return (
    <span class="chip">
      <bdi>{name}</bdi>
      <button type="button" aria-label={t('remove', { what: name })} onClick={onRemove}><Icon name="close" size={12} /></button>
    </span>
  );
}

function RefInput(p: InputProps) {
  const plural = p.field.ref ?? '';
  if (typeof p.value === 'number')
    return <div class="chips" id={p.id}><Chip plural={plural} id={p.value} onRemove={() => p.onChange(null)} /></div>;
  return <Picker plural={plural} id={p.id} label={t('choose', { what: fieldLabel(p.field.name) })} describedBy={p.describedBy}
    invalid={p.invalid} onPick={(r) => p.onChange(r.id)} />;
}

function LinksInput(p: InputProps) {
  const ids = (p.value as number[] | null | undefined) ?? [];
  const set = (next: number[]) => p.onChange(next.length ? next : null);
  return (
    <div class="chips">
      {ids.map((id) => <Chip key={id} plural={p.field.ref ?? ''} id={id} onRemove={() => set(ids.filter((x) => x !== id))} />)}
      <Picker plural={p.field.ref ?? ''} id={p.id} label={t('add_one')} describedBy={p.describedBy} invalid={p.invalid}
        onPick={(r) => set([...ids.filter((x) => x !== r.id), r.id])} />
    </div>
  );
}

function ListInput(p: InputProps) {
  const items = (p.value as string[] | null | undefined) ?? [];
  const [text, setText] = useState('');
  const set = (next: string[]) => p.onChange(next.length ? next : null);
  const add = () => {
    const one = text.trim();
    if (one && !items.includes(one)) set([...items, one]);
    setText('');
  };
  if (p.field.names)
    return (
      <div class="chips" id={p.id} role="group" aria-describedby={p.describedBy}>
        {p.field.names.map((n) => (
          <label key={n} class="check">
            <input type="checkbox" checked={items.includes(n)}
              onChange={(e) => set(e.currentTarget.checked ? [...items, n] : items.filter((x) => x !== n))} />
            {valueLabel(n)}
          </label>
        ))}
      </div>
    );
  return (
    <div class="chips">
      {items.map((x) => (
        <span key={x} class="chip">
          <bdi>{x}</bdi>
          <button type="button" aria-label={t('remove', { what: x })} onClick={() => set(items.filter((y) => y !== x))}>
            <Icon name="close" size={12} />
          </button>
        </span>
      ))}
      <Suggestions {...p} />
      <input id={p.id} {...suggested(p)} value={text} placeholder={t('add_one')} aria-describedby={p.describedBy} aria-invalid={p.invalid} maxLength={200}
        onInput={(e) => setText(e.currentTarget.value)} onBlur={add} onKeyDown={(e) => {
          if (e.key !== 'Enter' || !text.trim()) return;
          e.preventDefault();
          add();
        }} />
    </div>
  );
}

/* Kept as text while it is no JSON yet; the form refuses to save it. */
function JsonInput(p: InputProps) {
  const shown = typeof p.value === 'string' ? p.value : p.value ? JSON.stringify(p.value, null, 2) : '';
  return (
    <textarea {...aria(p)} class="code" rows={Math.min(16, Math.max(4, shown.split('\n').length))} spellcheck={false} value={shown}
      onInput={(e) => {
        const text = e.currentTarget.value;
        try {
          p.onChange(text.trim() ? JSON.parse(text) : null);
        } catch {
          p.onChange(text);
        }
      }} />
  );
}

// ---- files, known by their digests ----

const isDigest = (f: Field): boolean => f.type === 'text' && f.name.endsWith('_sha256') && f.max === 64;

/* A file that is stored under its digest; the members beside it tell its size and name. */
function FileInput(p: InputProps) {
  const [share, setShare] = useState<number | null>(null);
  const [stored, setStored] = useState<StoredFile>();
  const [problem, setProblem] = useState<Problem>();
  const [stop, setStop] = useState<AbortController>();
  const stem = p.field.name.slice(0, -'_sha256'.length);
  const send = async (file: File | undefined) => {
    if (!file) return;
    const control = new AbortController();
    setStop(control);
    setProblem(undefined);
    setShare(0);
    try {
      const f = await upload(file, setShare, control.signal);
      setStored(f);
      p.onChange(f.sha256);
      p.onOthers?.({ [`${stem}_size`]: f.size, [`${stem}_name`]: f.name });
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
      else if (!control.signal.aborted) throw x;
    } finally {
      setShare(null);
    }
  };
  return (
    <div class="file-input" onDragOver={(e) => e.preventDefault()} onDrop={(e) => {
      e.preventDefault();
      void send(e.dataTransfer?.files[0]);
    }}>
      <input type="file" id={`${p.id}-file`} aria-label={t('upload_what', { what: fieldLabel(p.field.name) })} disabled={share !== null}
        onChange={(e) => void send(e.currentTarget.files?.[0])} />
      {share !== null && (
        <p class="row">
          <progress max={1} value={share} aria-label={t('uploading')} /> {Math.floor(share * 100)} %
          <button type="button" class="button plain" onClick={() => stop?.abort()}>{t('stop')}</button>
        </p>
      )}
      {problem && <p class="problem" role="alert"><strong>{problem.message}</strong> <span>{problem.hint}</span></p>}
      {stored && stored.sha256 === p.value && <p class="hint" role="status">{t('uploaded', { name: stored.name, size: showBytes(stored.size) })}</p>}
      <input type="text" {...aria(p)} class="code" value={String(p.value ?? '')} maxLength={64} autocomplete="off" spellcheck={false}
        placeholder={t('or_digest')} onInput={(e) => p.onChange(orNull(e.currentTarget.value.trim()))} />
    </div>
  );
}

const INPUTS: Record<Field['type'], (p: InputProps) => preact.JSX.Element> = {
  text: TextInput, long: LongInput, int: NumberInput, real: NumberInput, money: NumberInput, bool: BoolInput,
  enum: EnumInput, date: DateInput, time: TimeInput, ref: RefInput, links: LinksInput, list: ListInput, json: JsonInput,
};

export function FieldInput(p: InputProps) {
  const Input = isDigest(p.field) ? FileInput : INPUTS[p.field.type];
  return <Input {...p} />;
}
