// list.tsx - the list of any record type: search, filters, saved views, bulk edit, any length.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { type Query, withQuery } from '../base/api';
import { go, href, query, setQuery } from '../base/router';
import { fieldLabel, showNumber, t, typeLabel, typeLabels, valueLabel } from '../text/text';
import { Button, Doc, Empty, LinkButton, Page, ProblemNote } from '../ui/basics';
import { AsOf } from '../ui/asof';
import { Grid } from '../ui/grid';
import { can } from '../views/session';
import { BulkEdit } from './bulk';
import { NoneYet } from './none_yet';
import { usePages } from './pages';
import { SavedViews } from './saved';
import { type Field, listFields, type RecordType, type Row } from './types';
import { Value } from './values';

/** Filters stand in the address, so that a list can be sent to somebody. */
function filtersOf(type: RecordType): Query {
  const q: Query = {};
  const asOf = query.value.get('as_of');
  if (asOf) return { as_of: asOf }; // the past is listed whole: the server takes no filters with it
  for (const [k, v] of query.value) {
    if (k === 'q' || k === 'retired' || type.fields.some((f) => k === f.name || k.startsWith(`${f.name}_`))) q[k] = v;
  }
  return q;
}

function FilterPick({ field }: { field: Field }) {
  const at = query.value.get(field.name) ?? '';
  const names = field.type === 'bool' ? ['true', 'false'] : (field.names ?? []);
  return (
    <label class="filter">
      <span>{fieldLabel(field.name)}</span>
      <select value={at} onChange={(e) => setQuery({ [field.name]: e.currentTarget.value })}>
        <option value="">{t('any')}</option>
        {names.map((n) => (
          <option key={n} value={n}>{n === 'true' ? t('yes') : n === 'false' ? t('no') : valueLabel(n)}</option>
        ))}
      </select>
    </label>
  );
}

function FilterBar({ type }: { type: RecordType }) {
  const picks = type.fields.filter((f) => f.filter && (f.type === 'enum' || f.type === 'bool')).slice(0, 5);
  let timer = 0;
  return (
    <div class="filters" role="search">
      <label class="filter grow">
        <span>{t('search')}</span>
        <input type="search" value={query.value.get('q') ?? ''} placeholder={t('search_in', { what: typeLabels(type.title, type.plural) })}
          onInput={(e) => {
            const text = e.currentTarget.value;
            window.clearTimeout(timer);
            timer = window.setTimeout(() => setQuery({ q: text }), 200);
          }} />
      </label>
      {picks.map((f) => <FilterPick key={f.name} field={f} />)}
      <AsOf name="as_of" value={query.value.get('as_of')} />
      <label class="check">
        <input type="checkbox" checked={query.value.get('retired') === 'true'}
          onChange={(e) => setQuery({ retired: e.currentTarget.checked ? 'true' : undefined })} />
        {t('with_retired')}
      </label>
    </div>
  );
}

function Nothing({ type, filtered }: { type: RecordType; filtered: boolean }) {
  if (filtered)
    return (
      <Empty title={t('nothing_fits')} text={t('nothing_fits_text')}>
        <LinkButton to={href(type.plural)}>{t('clear_filters')}</LinkButton>
      </Empty>
    );
  return <NoneYet type={type} />;
}

export function RecordList({ type }: { type: RecordType }) {
  const filters = filtersOf(type);
  const pages = usePages(type, filters);
  const [selected, setSelected] = useState(new Set<string | number>());
  const [editing, setEditing] = useState(false);
  const columns = listFields(type).map((f) => ({
    id: f.name,
    label: fieldLabel(f.name),
    number: f.type === 'int' || f.type === 'real' || f.type === 'money',
    cell: (row: Row) => <Value field={f} value={row[f.name]} brief />,
  }));
  const bulk = !type.read_only && can('edit');
  const open = (row: Row) => go(href(type.plural, row.id));
  return (
    <Page title={typeLabels(type.title, type.plural)} lead={<Doc text={type.doc} end="." />} actions={
      <>
        <SavedViews place={type.plural} />
        <a class="button plain" href={withQuery(`/api/v1/${type.plural}`, { ...filters, format: 'csv' })} download={`${type.plural}.csv`}>{t('export_csv')}</a>
        {bulk && <LinkButton to={href(type.plural, 'new')} icon="add" tone="main">{t('add', { what: typeLabel(type.title) })}</LinkButton>}
      </>
    }>
      <FilterBar type={type} />
      {query.value.get('as_of') && <div class="note">{t('as_of_note', { at: query.value.get('as_of') ?? '' })}</div>}
      <ProblemNote problem={pages.problem} />
      <p class="count-line" role="status">
        {pages.total !== undefined && t('n_records', { n: showNumber(pages.total) })}
        {selected.size > 0 && (
          <>
            {' · '}{t('n_selected', { n: showNumber(selected.size) })}{' '}
            <Button icon="edit" onClick={() => setEditing(true)}>{t('edit_selected')}</Button>
            <Button onClick={() => setSelected(new Set())}>{t('select_none')}</Button>
          </>
        )}
      </p>
      {pages.rows.length > 0 && (
        <Grid rows={pages.rows} columns={columns} keyOf={(r) => r.id} linkOf={(r) => href(type.plural, r.id)} onOpen={open}
          onEnd={pages.readMore} total={pages.total} label={typeLabels(type.title, type.plural)}
          {...(bulk ? { selected, onSelect: setSelected } : {})} />
      )}
      {!pages.loading && !pages.problem && pages.rows.length === 0 && (
        <Nothing type={type} filtered={Object.keys(filters).length > 0} />
      )}
      {editing && (
        <BulkEdit type={type} rows={pages.rows.filter((r) => selected.has(r.id))} onClose={(done) => {
          setEditing(false);
          if (done) setSelected(new Set());
        }} />
      )}
    </Page>
  );
}
