// pictures.tsx - the pictures that a result asks for: curves with bands, truth tables, distributions, reasons.
// SPDX-License-Identifier: Apache-2.0

import { Bars } from '../charts/bars';
import { Confusion, type Counts } from '../charts/confusion';
import { type Cell, Pairs } from '../charts/pairs';
import { Lines, type Series } from '../charts/lines';
import { showNumber, t } from '../text/text';
import { Card } from '../ui/basics';
import { type Metric, type Result, type ResultFigure, type ResultTable, sliceText } from './result';

const words = (id: string) => id.replace(/_/g, ' ');
const column = (table: ResultTable, name: string) => table.columns.indexOf(name);

/* The reliability table has the intervals of the curve's points. */
function bandOf(f: ResultFigure, tables: ResultTable[]): [number, number][] | undefined {
  const table = tables.find((x) => x.id === f.id);
  const [lo, hi] = table ? [column(table, 'low'), column(table, 'high')] : [-1, -1];
  return table && lo >= 0 && hi >= 0 ? table.rows.map((r) => [Number(r[lo]), Number(r[hi])]) : undefined;
}

/* lo and hi where both curves have a point. */
function between(lo: Series | undefined, hi: Series | undefined): [number, number, number][] {
  const at = new Map(hi?.points);
  return (lo?.points ?? []).flatMap(([x, y]) => (at.has(x) ? [[x, y, at.get(x) ?? y] as [number, number, number]] : []));
}

/** Curves that bound another become its area; single rows are drawn thin. */
export function seriesOf(f: ResultFigure, tables: ResultTable[]): Series[] {
  const all: Series[] = f.series ?? [];
  const named = (name: string) => all.find((s) => s.name === name);
  const band = bandOf(f, tables);
  if (f.id === 'robustness') {
    const area = { name: t('undecided'), points: between(named('proven'), named('not broken')) };
    return all.map((s) => (s.name === 'not broken' ? { ...s, area } : s));
  }
  const bounds = between(named('low'), named('high'));
  if (bounds.length)
    return all.filter((s) => s.name !== 'low' && s.name !== 'high').map((s, i) => (i === 0 ? { ...s, area: { name: t('interval'), points: bounds } } : { ...s, name: words(s.name), faint: true }));
  return all.map((s, i) => (band && i === 0 ? { ...s, band } : s));
}

function FigureCard({ figure, tables }: { figure: ResultFigure; tables: ResultTable[] }) {
  if (figure.type === 'bars')
    return <Card><Bars title={figure.title} value={words(figure.value ?? '')} labels={figure.labels ?? []} values={figure.values ?? []} /></Card>;
  const reliable = figure.id === 'reliability';
  const note = reliable ? t('reliability_note') : figure.id === 'robustness' ? t('robustness_note') : undefined;
  return <Card><Lines title={figure.title} x={figure.x ?? ''} y={figure.y ?? ''} series={seriesOf(figure, tables)} diagonal={reliable} note={note} /></Card>;
}

const MOST_SQUARES = 12;

function Confusions({ table }: { table: ResultTable }) {
  const at = ['true_negatives', 'false_positives', 'false_negatives', 'true_positives'].map((c) => column(table, c));
  if (at.includes(-1)) return null;
  const slice = column(table, 'slice');
  const all: Counts[] = table.rows.slice(0, MOST_SQUARES).map((r) => {
    const [trueNegatives = 0, falsePositives = 0, falseNegatives = 0, truePositives = 0] = at.map((i) => Number(r[i]));
    const one = r[slice] as Record<string, string> | null;
    return { label: sliceText(one ? { slice: one } : {}), trueNegatives, falsePositives, falseNegatives, truePositives };
  });
  const note = table.rows.length > MOST_SQUARES ? t('first_of', { n: MOST_SQUARES, all: showNumber(table.rows.length) }) : undefined;
  return <Card wide><Confusion title={table.title} all={all} note={note} /></Card>;
}

const MOST_COLUMNS = 12;

/* Columns that moved most come first. */
function Distributions({ table, metrics }: { table: ResultTable; metrics: Metric[] }) {
  const by = Map.groupBy(table.rows, (r) => String(r[0]));
  const moved = (name: string) => metrics.find((m) => m.id === 'population_stability_index' && m.slice?.column === name)?.value ?? 0;
  const names = [...by.keys()].sort((a, b) => moved(b) - moved(a)).slice(0, MOST_COLUMNS);
  return (
    <>
      {names.map((name) => {
        const cells: Cell[] = (by.get(name) ?? []).map((r) => ({ label: String(r[1]), before: Number(r[2]), now: Number(r[3]) }));
        return <Card key={name}><Pairs title={t('distribution_of', { what: name })} cells={cells} before={t('reference_data')} now={t('these_data')} /></Card>;
      })}
    </>
  );
}

/* The reasons of each row that was asked for: what moved its score the wrong way, strongest first. */
function Reasons({ table }: { table: ResultTable }) {
  const [row, feature, value] = ['row', 'feature', 'value'].map((c) => column(table, c));
  const amount = table.columns.length - 1;
  return (
    <>
      {[...Map.groupBy(table.rows, (r) => Number(r[row ?? 0]))].map(([n, rows]) => (
        <Card key={n}>
          <Bars title={t('reasons_of_row', { n })} value={words(table.columns[amount] ?? '')} values={rows.map((r) => Number(r[amount]))}
            labels={rows.map((r) => `${String(r[feature ?? 3])} = ${String(r[value ?? 4])}`)} note={t('reasons_note')} />
        </Card>
      ))}
    </>
  );
}

/* One curve for each corruption, with the interval of each point. */
function Severities({ metrics }: { metrics: Metric[] }) {
  const parts = metrics.filter((m) => m.slice && Object.keys(m.slice).join() === 'corruption,severity' && m.value !== null);
  return (
    <>
      {[...Map.groupBy(parts, (m) => m.id)].map(([id, ms]) => (
        <Card key={id}>
          <Lines title={t('by_severity', { what: words(id) })} x={t('severity')} y={words(id)} series={[...Map.groupBy(ms, (m) => m.slice?.corruption ?? '')].map(([name, points]) => ({
            name, points: points.map((m) => [Number(m.slice?.severity), m.value ?? 0] as [number, number]),
            ...(points.every((m) => m.interval) ? { band: points.map((m) => m.interval as [number, number]) } : {}),
          }))} />
        </Card>
      ))}
    </>
  );
}

const TABLES: Record<string, (p: { table: ResultTable; metrics: Metric[] }) => preact.JSX.Element | null> = {
  confusion: Confusions, cells: Distributions, reasons: Reasons,
};

export function Pictures({ result }: { result: Result }) {
  return (
    <div class="cards pictures">
      {result.figures.map((f) => <FigureCard key={f.id} figure={f} tables={result.tables} />)}
      <Severities metrics={result.metrics} />
      {result.tables.map((table) => {
        const Show = TABLES[table.id];
        return Show && table.rows.length > 0 && <Show key={table.id} table={table} metrics={result.metrics} />;
      })}
    </div>
  );
}
