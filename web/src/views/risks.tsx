// risks.tsx - the risk matrix, before and after treatment, beside the list it filters.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { useResource } from '../base/resource';
import { go, href, query, setQuery } from '../base/router';
import { FirstOf, type Newest, newestOf } from '../records/first_of';
import { showDate } from '../base/time';
import type { RecordType, Row } from '../records/types';
import { RefLink } from '../records/values';
import { fieldLabel, showNumber, t, typeLabel, typeLabels, valueLabel } from '../text/text';
import { NoneYet } from '../records/none_yet';
import { Button, Card, LinkButton, Loading, Page, ProblemNote } from '../ui/basics';
import { Grid } from '../ui/grid';
import { Status } from '../ui/status';
import { can } from './session';

const STEPS = [1, 2, 3, 4, 5];
const num = (v: unknown): number | null => (typeof v === 'number' ? v : null);

interface Spot {
  likelihood: number;
  impact: number;
}

/** Where a risk stands: likelihood and its greatest impact; null when it was not assessed so. */
export function spotOf(r: Row, residual: boolean): Spot | null {
  const [a, b, c, p] = (residual ? ['residual_organisation', 'residual_individuals', 'residual_society', 'residual_likelihood']
    : ['impact_organisation', 'impact_individuals', 'impact_society', 'likelihood']).map((k) => num(r[k]));
  if (a == null || b == null || c == null || p == null) return null;
  return { likelihood: p, impact: Math.max(a, b, c) };
}

export const band = (level: number): 'low' | 'medium' | 'high' | 'critical' =>
  level >= 16 ? 'critical' : level >= 10 ? 'high' : level >= 5 ? 'medium' : 'low';

const inBox = (s: Spot | null, box: number[] | null): boolean =>
  !box || (!!s && s.likelihood >= (box[0] ?? 0) && s.likelihood <= (box[1] ?? 0) && s.impact >= (box[2] ?? 0) && s.impact <= (box[3] ?? 0));

/** "i2-5,1-3": which matrix, likelihood and impact; dragging over cells makes it. */
function parseBox(text: string | null): { residual: boolean; box: number[] } | null {
  const m = /^([ir])(\d)-(\d),(\d)-(\d)$/.exec(text ?? '');
  return m ? { residual: m[1] === 'r', box: m.slice(2).map(Number) } : null;
}

interface CellProps {
  spot: Spot;
  here: Row[];
  chosen: boolean;
  /** The one cell that Tab stops at. */
  stop: boolean;
  onPress: (e: KeyboardEvent) => void;
  onDown: () => void;
  onUp: () => void;
  onPick: () => void;
}

function Cell({ spot, here, chosen, stop, onPress, onDown, onUp, onPick }: CellProps) {
  const label = `${t('likelihood')} ${spot.likelihood}, ${t('impact')} ${spot.impact}: ${t('n_risks', { n: here.length })}`;
  return (
    <td class={`band-${band(spot.likelihood * spot.impact)}${chosen ? ' in-box' : ''}`}>
      <button type="button" aria-label={label} title={here.map((r) => String(r.name)).join('\n') || label} tabIndex={stop ? 0 : -1}
        data-spot={`${spot.likelihood},${spot.impact}`} aria-pressed={chosen} onPointerDown={onDown} onPointerUp={onUp} onKeyDown={onPress}
        onClick={(e) => e.detail === 0 && onPick()}>{here.length || ''}</button>
    </td>
  );
}

const within = (v: number) => Math.max(1, Math.min(5, v));
const ARROWS: Record<string, [number, number]> = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

/* Dragging marks a box of cells; so do Shift and the arrow keys. */
function useBox(residual: boolean) {
  const chosen = parseBox(query.value.get('box'));
  const mine = chosen && chosen.residual === residual ? chosen.box : null;
  const [from, setFrom] = useState<Spot | null>(null);
  const [at, setAt] = useState<Spot>({ likelihood: mine?.[0] ?? 5, impact: mine?.[2] ?? 1 });
  const [anchor, setAnchor] = useState<Spot | null>(null);
  const set = (a: Spot, b: Spot, turn = true) => {
    const box = [Math.min(a.likelihood, b.likelihood), Math.max(a.likelihood, b.likelihood), Math.min(a.impact, b.impact), Math.max(a.impact, b.impact)];
    const text = `${residual ? 'r' : 'i'}${box[0]}-${box[1]},${box[2]}-${box[3]}`;
    setQuery({ box: turn && text === query.value.get('box') ? undefined : text });
  };
  const press = (spot: Spot, e: KeyboardEvent) => {
    const step = ARROWS[e.key];
    if (!step) return;
    e.preventDefault();
    const to = { likelihood: within(spot.likelihood + step[0]), impact: within(spot.impact + step[1]) };
    const start = e.shiftKey ? (anchor ?? spot) : null;
    setAt(to);
    setAnchor(start);
    if (start) set(start, to, false);
    (e.currentTarget as Element).closest('table')?.querySelector<HTMLElement>(`[data-spot="${to.likelihood},${to.impact}"]`)?.focus();
  };
  return { mine, from, setFrom, at, set, press };
}

function Matrix({ rows, residual, title }: { rows: Row[]; residual: boolean; title: string }) {
  const { mine, from, setFrom, at, set, press } = useBox(residual);
  const unplaced = rows.filter((r) => !spotOf(r, residual)).length;
  const hereOf = (likelihood: number, impact: number) => rows.filter((r) => {
    const s = spotOf(r, residual);
    return s?.likelihood === likelihood && s.impact === impact;
  });
  return (
    <figure class="figure">
      <figcaption>{title}</figcaption>
      <div class="scroll">
        <table class="matrix" onPointerUp={() => setFrom(null)}>
          <tbody>
            {[...STEPS].reverse().map((likelihood) => (
              <tr key={likelihood}>
                <th scope="row">{likelihood}</th>
                {STEPS.map((impact) => {
                  const spot = { likelihood, impact };
                  return (
                    <Cell key={impact} spot={spot} here={hereOf(likelihood, impact)} chosen={!!mine && inBox(spot, mine)}
                      stop={at.likelihood === likelihood && at.impact === impact} onDown={() => setFrom(spot)} onUp={() => from && set(from, spot)}
                      onPick={() => set(spot, spot)} onPress={(e) => press(spot, e)} />
                  );
                })}
              </tr>
            ))}
            <tr><td />{STEPS.map((i) => <th key={i} scope="col">{i}</th>)}</tr>
          </tbody>
        </table>
      </div>
      <p class="hint">{t('likelihood_by_impact')}{unplaced > 0 && <> · {t('n_unplaced', { n: unplaced })}</>}</p>
    </figure>
  );
}

function acceptance(r: Row) {
  if (!r.acceptance_expires_on) return null;
  const over = Date.parse(String(r.acceptance_expires_on)) < Date.now();
  return <>{over ? <Status value="stale" /> : null} {showDate(String(r.acceptance_expires_on))}</>;
}

const columns = () => [
  { id: 'name', label: fieldLabel('name'), cell: (r: Row) => <bdi>{String(r.name)}</bdi> },
  { id: 'inherent', label: fieldLabel('inherent_level'), number: true, cell: (r: Row) => <Level value={num(r.inherent_level)} /> },
  { id: 'residual', label: fieldLabel('residual_level'), number: true, cell: (r: Row) => <Level value={num(r.residual_level)} /> },
  { id: 'treatment', label: fieldLabel('treatment'), cell: (r: Row) => (r.treatment ? valueLabel(String(r.treatment)) : '–') },
  { id: 'status', label: fieldLabel('status'), cell: (r: Row) => <Status value={String(r.status)} /> },
  { id: 'owner', label: fieldLabel('owner'), cell: (r: Row) => <RefLink plural="people" id={Number(r.owner)} /> },
  { id: 'expires', label: fieldLabel('acceptance_expires_on'), cell: acceptance },
];

function Level({ value }: { value: number | null }) {
  return value === null ? <span class="none">–</span> : <span class={`level band-${band(value)}`}>{value}</span>;
}

export function RiskList({ type }: { type: RecordType }) {
  const { value, problem } = useResource<Newest>(newestOf('risks'));
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const chosen = parseBox(query.value.get('box'));
  const rows = value.items.filter((r) => !chosen || inBox(spotOf(r, chosen.residual), chosen.box));
  return (
    <Page title={typeLabels(type.title, type.plural)} lead={t('risks_lead')} actions={can('edit') && (
      <LinkButton to={href('risks', 'new')} icon="add" tone="main">{t('add', { what: typeLabel(type.title) })}</LinkButton>
    )}>
      <FirstOf page={value} plural="risks" />
      {value.items.length === 0 ? <NoneYet type={type} /> : (
        <>
          <div class="cards">
            <Card><Matrix rows={value.items} residual={false} title={t('inherent')} /></Card>
            <Card><Matrix rows={value.items} residual title={t('residual')} /></Card>
          </div>
          <p class="count-line" role="status">
            {t('n_records', { n: showNumber(rows.length) })}{' '}
            {chosen && <Button onClick={() => setQuery({ box: undefined })}>{t('clear_filters')}</Button>}{' '}
            <a href={`${href('risks')}?list=all`}>{t('as_list')}</a>
          </p>
          <Grid rows={rows} columns={columns()} keyOf={(r) => r.id} linkOf={(r) => href('risks', r.id)} onOpen={(r) => go(href('risks', r.id))}
            label={typeLabels(type.title, type.plural)} />
        </>
      )}
    </Page>
  );
}
