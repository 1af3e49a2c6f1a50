// findings.tsx - the board of findings: each column a state, moved by keyboard, button or drag.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate, useResource } from '../base/resource';
import { href } from '../base/router';
import { FirstOf, type Newest, newestOf } from '../records/first_of';
import { showDate } from '../base/time';
import { NoneYet } from '../records/none_yet';
import { fieldOf, type RecordType, type Row } from '../records/types';
import { RefLink } from '../records/values';
import { showNumber, t, typeLabel, typeLabels, valueLabel } from '../text/text';
import { Doc, LinkButton, Loading, Page, ProblemNote, say } from '../ui/basics';
import { Status } from '../ui/status';
import { can } from './session';

/* Arrow keys change the state step by step, faster than the server answers: one move waits for the one before. */
const seen = new Map<number, number>();
let moving: Promise<unknown> = Promise.resolve();

async function moveNow(row: Row, status: string): Promise<void> {
  try {
    const version = Math.max(row.version, seen.get(row.id) ?? 0);
    const now = await call<Row>('PATCH', `/findings/${row.id}`, { body: { status }, version });
    seen.set(row.id, now.version);
    say(t('moved_to', { what: String(row.name), to: valueLabel(status) }));
  } catch (x) {
    if (x instanceof Problem) say(`${x.message}. ${x.hint}`, true);
  }
  outdate((p) => p.startsWith('/findings') || p.startsWith('/status'));
}

function move(row: Row, status: string): void {
  moving = moving.then(() => moveNow(row, status));
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
        <select id={`move-${row.id}`} aria-label={t('move_what', { what: String(row.name) })} value={String(row.status)} onChange={(e) => move(row, e.currentTarget.value)}>
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
    if (row && row.status !== state) move(row, state);
  };
  return (
    <Page title={typeLabels(type.title, type.plural)} lead={<Doc text={type.doc} end="." />} actions={
      <>
        <LinkButton to={`${href('findings')}?list=all`}>{t('as_list')}</LinkButton>
        {can('edit') && <LinkButton to={href('findings', 'new')} icon="add" tone="main">{t('add', { what: typeLabel(type.title) })}</LinkButton>}
      </>
    }>
      <FirstOf page={value} plural="findings" />
      {value.items.length === 0 && <NoneYet type={type} />}
      <div class="board" hidden={value.items.length === 0}>
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
