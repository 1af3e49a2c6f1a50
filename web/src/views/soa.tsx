// soa.tsx - the statement of applicability: declared beside computed, edited in place, contradictions at once.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate, useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { FieldInput } from '../records/inputs';
import { fieldOf, type RecordType, type Row } from '../records/types';
import { english, fieldLabel, t, typeLabels, valueLabel } from '../text/text';
import { Button, Doc, LinkButton, Loading, Page, ProblemNote, say } from '../ui/basics';
import { Status } from '../ui/status';
import { can } from './session';
import type { Standing, StandingItem } from './standing';

interface Contradiction {
  rule: string;
  type: string;
  id: number;
  text: string;
}

const MEMBERS = ['applicable', 'reason', 'implementation', 'owner'];

/** What can be said while typing; the server's own list follows after saving. */
function warnings(changed: Row, item: StandingItem | undefined): string[] {
  const out: string[] = [];
  if (changed.applicable === false && !changed.reason) out.push(t('warn_excluded_without_reason'));
  if (changed.applicable === false && item && item.evidence > 0) out.push(t('warn_excluded_with_evidence'));
  if (changed.applicable !== false && changed.implementation === 'implemented' && item && item.evidence === 0) out.push(t('warn_nothing_shows_it'));
  if (changed.applicable !== false && !changed.owner) out.push(t('warn_no_owner'));
  return out;
}

function Editor({ type, row, item, onDone }: { type: RecordType; row: Row; item: StandingItem | undefined; onDone: () => void }) {
  const [changes, setChanges] = useState<Record<string, unknown>>({});
  const [problem, setProblem] = useState<Problem>();
  const save = async (e: Event) => {
    e.preventDefault();
    try {
      await call('PATCH', `/controls/${row.id}`, { body: changes, version: row.version });
      outdate((p) => p.startsWith('/controls') || p.startsWith('/status') || p.startsWith('/soa') || p.startsWith('/consistency'));
      say(t('saved'));
      onDone();
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
    }
  };
  const now = { ...row, ...changes } as Row;
  return (
    <form class="soa-edit" noValidate onSubmit={(e) => void save(e)}>
      <div class="fields">
        {MEMBERS.map((n) => {
          const f = fieldOf(type, n);
          return f && (
            <div key={n} class={`field t-${f.type}`}>
              <label for={`soa-${n}`}>{fieldLabel(n)}</label>
              <FieldInput field={f} id={`soa-${n}`} value={now[n]} invalid={problem?.path === n} describedBy={`soa-${n}-hint`}
                onChange={(v) => setChanges({ ...changes, [n]: v })} />
              <p class="hint" id={`soa-${n}-hint`}><Doc text={f.doc} /></p>
            </div>
          );
        })}
      </div>
      {warnings(now, item).map((w) => <p key={w} class="warning" role="status">{w}</p>)}
      <ProblemNote problem={problem} />
      <div class="form-foot">
        <Button type="submit" tone="main" icon="save" disabled={!Object.keys(changes).length}>{t('save')}</Button>
        <Button onClick={onDone}>{t('cancel')}</Button>
      </div>
    </form>
  );
}

function ControlRow({ type, row, item, faults, open }: {
  type: RecordType; row: Row; item: StandingItem | undefined; faults: Contradiction[]; open: boolean;
}) {
  const id = String(row.control);
  const done = () => {
    setQuery({ edit: undefined });
    document.getElementById(`soa-${id}`)?.querySelector<HTMLElement>('button')?.focus();
  };
  return (
    <>
      <tr id={`soa-${id}`}>
        <th scope="row"><a href={href('map', id)}>{id}</a></th>
        <td class="in-words"><span {...english()}>{item?.title}</span>{row.reason ? <p class="hint">{String(row.reason)}</p> : null}</td>
        <td data-label={fieldLabel('applicable')}>{row.applicable === false ? t('no') : t('yes')}</td>
        <td data-label={t('declared')}>{row.implementation ? valueLabel(String(row.implementation)) : '–'}</td>
        <td data-label={t('computed')}>
          <div>{item && <Status value={item.status} />}{faults.map((f) => <p key={f.rule + f.id} class="warning" {...english()}>{f.text}</p>)}</div>
        </td>
        <td class="no-print">{can('edit') && <Button icon="edit" label={t('edit_what', { what: id })} pressed={open} onClick={() => setQuery({ edit: open ? undefined : id })} />}</td>
      </tr>
      {open && <tr><td class="in-words" colSpan={6}><Editor key={`${id}.${row.version}`} type={type} row={row} item={item} onDone={done} /></td></tr>}
    </>
  );
}

const sortId = (a: Row, b: Row) => String(a.control).localeCompare(String(b.control), undefined, { numeric: true });

export function StatementOfApplicability({ type }: { type: RecordType }) {
  const rows = useResource<{ items: Row[] }>('/controls?limit=500');
  const standing = useResource<Standing>('/status');
  const faults = useResource<Contradiction[]>('/consistency');
  const problem = rows.problem ?? standing.problem;
  if (!rows.value || !standing.value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const items = new Map(standing.value.items.map((x) => [x.id, x]));
  const editing = query.value.get('edit');
  return (
    <Page title={t('nav_soa')} lead={t('soa_lead')} actions={
      <>
        <Button onClick={() => print()}>{t('print')}</Button>
        <a class="button plain" href="/api/v1/soa?format=csv" download="soa.csv">CSV</a>
        <a class="button plain" href="/api/v1/soa?format=json" download="soa.json">JSON</a>
        <LinkButton to={`${href('controls')}?list=all`}>{typeLabels(type.title, type.plural)}</LinkButton>
      </>
    }>
      <div class="scroll card" tabIndex={0} role="region" aria-label={t('nav_soa')}>
        <table class="soa stacked">
          <thead>
            <tr><th>{fieldLabel('control')}</th><th>{t('title_and_reason')}</th><th>{fieldLabel('applicable')}</th><th>{t('declared')}</th><th>{t('computed')}</th><th class="no-print"><span class="hidden">{t('edit')}</span></th></tr>
          </thead>
          <tbody>
            {[...rows.value.items].sort(sortId).map((r) => (
              <ControlRow key={r.id} type={type} row={r} item={items.get(String(r.control))} open={editing === r.control}
                faults={faults.value?.filter((f) => f.type === 'control' && f.id === r.id) ?? []} />
            ))}
          </tbody>
        </table>
      </div>
    </Page>
  );
}
