// findings.tsx - the board of findings: each column a state, moved by keyboard, button or drag.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate, useResource } from '../base/resource';
import { href } from '../base/router';
import { FirstOf, type Newest, newestOf } from '../records/first_of';
import { showDate } from '../base/time';
import { fieldOf, type RecordType, type Row } from '../records/types';
import { RefLink } from '../records/values';
import { showNumber, t, typeLabel, typeLabels, valueLabel } from '../text/text';
import { LinkButton, Loading, Page, ProblemNote, say } from '../ui/basics';
import { Status } from '../ui/status';
import { can } from './session';

async function move(row: Row, status: string): Promise<void> {
  if (row.status === status) return;
  try {
    await call('PATCH', `/findings/${row.id}`, { body: { status }, version: row.version });
    outdate((p) => p.startsWith('/findings') || p.startsWith('/status'));
  } catch (x) {
    if (x instanceof Problem) say(`${x.message}. ${x.hint}`, true);
  }
}

function Ticket({ row, states }: { row: Row; states: string[] }) {
  const late = row.due && row.status === 'open' && Date.parse(String(row.due)) < Date.now();
  return (
    <li class="ticket" draggable={can('edit')} onDragStart={(e) => e.dataTransfer?.setData('text/plain', String(row.id))}>
      <p><Status value={String(row.grade)} /> {late && <Status value="stale" />}</p>
      <a href={href('findings', row.id)}><bdi>{String(row.name)}</bdi></a>
      <p class="hint">
        {(row.controls as string[] | undefined)?.join(', ')}
        {row.owner ? <> · <RefLink plural="people" id={Number(row.owner)} /></> : null}
        {row.due ? <> · {t('due', { at: showDate(String(row.due)) })}</> : null}
      </p>
      {can('edit') && (
        <select aria-label={t('move_what', { what: String(row.name) })} value={String(row.status)} onChange={(e) => void move(row, e.currentTarget.value)}>
          {states.map((s) => <option key={s} value={s}>{valueLabel(s)}</option>)}
        </select>
      )}
    </li>
  );
}

export function FindingsBoard({ type }: { type: RecordType }) {
  const { value, problem } = useResource<Newest>(newestOf('findings'));
  const [over, setOver] = useState('');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const states = fieldOf(type, 'status')?.names ?? [];
  const drop = (e: DragEvent, state: string) => {
    e.preventDefault();
    setOver('');
    const row = value.items.find((r) => String(r.id) === e.dataTransfer?.getData('text/plain'));
    if (row) void move(row, state);
  };
  return (
    <Page title={typeLabels(type.title, type.plural)} lead={`${type.doc}.`} actions={
      <>
        <LinkButton to={`${href('findings')}?list=all`}>{t('as_list')}</LinkButton>
        {can('edit') && <LinkButton to={href('findings', 'new')} icon="add" tone="main">{t('add', { what: typeLabel(type.title) })}</LinkButton>}
      </>
    }>
      <FirstOf page={value} plural="findings" />
      <div class="board">
        {states.map((s) => {
          const rows = value.items.filter((r) => r.status === s);
          return (
            <section key={s} class={`lane${over === s ? ' over' : ''}`} aria-label={valueLabel(s)} onDragOver={(e) => {
              e.preventDefault();
              setOver(s);
            }} onDragLeave={() => setOver('')} onDrop={(e) => drop(e, s)}>
              <h2>{valueLabel(s)} <span class="count">{showNumber(rows.length)}</span></h2>
              <ul>{rows.map((r) => <Ticket key={r.id} row={r} states={states} />)}</ul>
            </section>
          );
        })}
      </div>
    </Page>
  );
}
