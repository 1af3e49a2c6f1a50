// record.tsx - one record of any type: its members, its history, who points at it.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate, useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { docText, fieldLabel, t, typeLabel, typeLabels } from '../text/text';
import { Button, Card, Dialog, Doc, LinkButton, Loading, Page, ProblemNote, say, Tabs } from '../ui/basics';
import { can } from '../views/session';
import { RecordForm } from './form';
import { type Field, fieldOf, nameOf, type RecordType, type Row, typeByName } from './types';
import { RefLink, Value } from './values';

export function Members({ type, row, only }: { type: RecordType; row: Row; only?: string[] }) {
  const fields = only ? only.map((n) => fieldOf(type, n)).filter((f): f is Field => !!f) : type.fields;
  return (
    <dl class="members">
      {fields.filter((f) => f.required || row[f.name] !== undefined).map((f) => (
        <div key={f.name} class={`m-${f.type}`}>
          <dt title={docText(f.doc) ?? f.doc}>{fieldLabel(f.name)}</dt>
          <dd><Value field={f} value={row[f.name]} /></dd>
        </div>
      ))}
    </dl>
  );
}

interface Change {
  field: string;
  from: unknown;
  to: unknown;
}
interface Version {
  version: number;
  at: string;
  actor: number;
  leaf?: number;
  changes: Change[];
}

function ChangeRow({ type, change }: { type: RecordType; change: Change }) {
  const f = fieldOf(type, change.field) ?? { name: change.field, type: 'text', doc: '', required: false, unique: false,
    read_only: true, personal: false, filter: false };
  return (
    <tr>
      <th scope="row">{fieldLabel(change.field)}</th>
      <td><del><Value field={f} value={change.from} brief /></del></td>
      <td><ins><Value field={f} value={change.to} brief /></ins></td>
    </tr>
  );
}

export function History({ type, row }: { type: RecordType; row: Row }) {
  const { value, problem } = useResource<Version[]>(`/${type.plural}/${row.id}/history`);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <ol class="history">
      {[...value].reverse().map((v) => (
        <li key={v.version}>
          <h2>
            {t('version_n', { n: v.version })} · <time dateTime={v.at}>{showTime(v.at)}</time>
            {v.leaf !== undefined && <> · <a href={href('log', v.leaf)}>{t('leaf_n', { n: v.leaf })}</a></>}
            {' · '}
            <a href={`${href(type.plural, row.id)}?as_of=${encodeURIComponent(v.at)}`}>{t('as_it_was')}</a>
          </h2>
          {v.version === 1 ? <p class="none">{t('first_version')}</p> : (
            <div class="scroll" tabIndex={0} role="region" aria-label={t('version_n', { n: v.version })}><table>
              <thead><tr><th>{t('member')}</th><th>{t('before')}</th><th>{t('after')}</th></tr></thead>
              <tbody>{v.changes.map((c) => <ChangeRow key={c.field} type={type} change={c} />)}</tbody>
            </table></div>
          )}
        </li>
      ))}
    </ol>
  );
}

interface Use {
  type: string;
  id: number;
  field: string;
}

export function Uses({ type, row }: { type: RecordType; row: Row }) {
  const { value, problem } = useResource<Use[]>(`/${type.plural}/${row.id}/uses`);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  if (!value.length) return <p class="none">{t('uses_none')}</p>;
  const byType = Map.groupBy(value, (u) => u.type);
  return (
    <dl class="members">
      {[...byType].map(([name, uses]) => {
        const other = typeByName(name);
        return (
          <div key={name}>
            <dt>{other ? typeLabels(other.title, other.plural) : name}</dt>
            <dd>
              <ul>
                {uses.map((u) => (
                  <li key={`${u.id}${u.field}`}>
                    {other ? <RefLink plural={other.plural} id={u.id} /> : `#${u.id}`} <span class="hint">{fieldLabel(u.field)}</span>
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Retire({ type, row }: { type: RecordType; row: Row }) {
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const retire = async () => {
    try {
      await call('DELETE', `/${type.plural}/${row.id}`, { version: row.version });
      outdate((p) => p.startsWith(`/${type.plural}`));
      say(t('retired'));
      setAsking(false);
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
    }
  };
  return (
    <>
      <Button tone="danger" onClick={() => setAsking(true)}>{t('retire')}</Button>
      {asking && (
        <Dialog title={t('retire_ask', { what: nameOf(type, row) })} onClose={() => setAsking(false)}>
          <p>{t('retire_text')}</p>
          <ProblemNote problem={problem} />
          <div class="form-foot"><Button tone="danger" onClick={() => void retire()}>{t('retire')}</Button></div>
        </Dialog>
      )}
    </>
  );
}

export function RecordView({ type, id }: { type: RecordType; id: string }) {
  const asOf = query.value.get('as_of');
  const { value: row, problem } = useResource<Row>(`/${type.plural}/${encodeURIComponent(id)}${asOf ? `?as_of=${encodeURIComponent(asOf)}` : ''}`);
  const tab = query.value.get('tab') ?? 'members';
  if (!row) return problem ? <Page title={typeLabel(type.title)}><ProblemNote problem={problem} /></Page> : <Loading />;
  const writable = !type.read_only && can('edit') && !asOf && row.retired_at === undefined;
  return (
    <Page title={nameOf(type, row)} lead={<><a href={href(type.plural)}>{typeLabels(type.title, type.plural)}</a> · {t('version_n', { n: row.version })}</>}
      actions={writable && (
        <>
          <Retire type={type} row={row} />
          <LinkButton to={href(type.plural, row.id, 'edit')} icon="edit" tone="main">{t('edit')}</LinkButton>
        </>
      )}>
      {asOf && <div class="note">{t('as_of_note', { at: showTime(asOf) })} <a href={href(type.plural, row.id)}>{t('see_now')}</a></div>}
      {row.retired_at !== undefined && <div class="note">{t('retired_note', { at: showTime(String(row.retired_at)) })}</div>}
      <Tabs at={tab} onPick={(id) => setQuery({ tab: id === 'members' ? undefined : id })} tabs={[
        { id: 'members', label: t('members') },
        { id: 'history', label: t('history') },
        { id: 'uses', label: t('uses') },
      ]} />
      <Card wide>
        {tab === 'history' ? <History type={type} row={row} /> : tab === 'uses' ? <Uses type={type} row={row} /> : <Members type={type} row={row} />}
      </Card>
    </Page>
  );
}

export function EditRecord({ type, id }: { type: RecordType; id: string }) {
  const { value: row, problem } = useResource<Row>(`/${type.plural}/${encodeURIComponent(id)}`);
  if (!row) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return <Page title={t('edit_what', { what: nameOf(type, row) })}><RecordForm key={`${type.plural}${row.id}`} type={type} row={row} /></Page>;
}

export function NewRecord({ type }: { type: RecordType }) {
  return <Page title={t('add', { what: typeLabel(type.title) })} lead={<Doc text={type.doc} end="." />}><RecordForm key={type.plural} type={type} /></Page>;
}
