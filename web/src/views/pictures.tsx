// pictures.tsx - the pictures that a result asks for: curves with bands, truth tables, distributions, decisions.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { Bars } from '../charts/bars';
import { Classes } from '../charts/classes';
import { Confusion, type Counts } from '../charts/confusion';
import { type Cell, Pairs } from '../charts/pairs';
import { Lines, type Series } from '../charts/lines';
import { usePages } from '../charts/pages';
import { type Point, type Rate, Tradeoff } from '../charts/tradeoff';
import { type Step, Waterfall } from '../charts/waterfall';
import { metricText, resultText } from '../text/results';
import { showNumber, t } from '../text/text';
import { Card } from '../ui/basics';
import { confidenceText, type Metric, type Result, type ResultFigure, type ResultTable, sliceText } from './result';

const column = (table: ResultTable, name: string) => table.columns.indexOf(name);

/* The table of the same name has the intervals of the curve's points. */
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

const ROBUST: Record<string, string> = { 'not broken': 'robust_accuracy', proven: 'certified_robust_accuracy' };

/* The intervals of a robustness curve stand with its figures; where nothing changes it is the clean accuracy. */
function robustBand(s: Series, metrics: Metric[]): [number, number][] | undefined {
  const band = s.points.map(([x]) => (x === 0 ? metrics.find((m) => m.id === 'clean_accuracy')
    : metrics.find((m) => m.id === ROBUST[s.name] && Number(m.slice?.epsilon) === x))?.interval);
  return band.every((i) => i) ? (band as [number, number][]) : undefined;
}

function robustness(all: Series[], metrics: Metric[]): Series[] {
  const named = (name: string) => all.find((s) => s.name === name);
  const area = { name: t('undecided'), points: between(named('proven'), named('not broken')) };
  return all.map((s) => {
    const band = robustBand(s, metrics);
    return { ...s, name: resultText(s.name), ...(band ? { band } : {}), ...(s.name === 'not broken' && area.points.length ? { area } : {}) };
  });
}

/** Curves that bound another become its area; single rows are drawn thin. */
export function seriesOf(f: ResultFigure, tables: ResultTable[], metrics: Metric[]): Series[] {
  const all: Series[] = f.series ?? [];
  const named = (name: string) => all.find((s) => s.name === name);
  const band = bandOf(f, tables);
  if (f.id === 'robustness') return robustness(all, metrics);
  const bounds = between(named('low'), named('high'));
  if (bounds.length)
    return all.filter((s) => s.name !== 'low' && s.name !== 'high').map((s, i) => (i === 0
      ? { ...s, name: resultText(s.name), area: { name: t('interval'), points: bounds } } : { ...s, name: resultText(s.name), faint: true }));
  return all.map((s, i) => ({ ...s, name: resultText(s.name), ...(band && i === 0 ? { band } : {}) }));
}

const NOTES: Record<string, () => string> = {
  reliability: () => t('reliability_note'), robustness: () => t('robustness_note'), abstention: () => t('abstention_note'), membership_roc: () => t('membership_note'),
};

/* Bars are the same figures as the metrics of one feature each, which have intervals. */
function FigureBars({ figure, metrics }: { figure: ResultFigure; metrics: Metric[] }) {
  const labels = figure.labels ?? [];
  const intervals = labels.map((l) => metrics.find((m) => m.id === figure.value && m.slice && Object.keys(m.slice).join() === 'feature' && m.slice.feature === l)?.interval ?? null);
  return (
    <Card>
      <Bars title={resultText(figure.title)} value={metricText(figure.value ?? '')} labels={labels} values={figure.values ?? []} {...(intervals.some((i) => i) ? { intervals } : {})} />
    </Card>
  );
}

function FigureCard({ figure, result, other }: { figure: ResultFigure; result: Result; other: Result | undefined }) {
  if (figure.type === 'bars') return <FigureBars figure={figure} metrics={result.metrics} />;
  if (figure.id === 'roc' || figure.id === 'precision_recall') return <Curve figure={figure} result={result} other={other} />;
  const diagonal = figure.id === 'reliability' || figure.id === 'membership_roc';
  return (
    <Card>
      <Lines title={resultText(figure.title)} x={resultText(figure.x ?? '')} y={resultText(figure.y ?? '')} series={seriesOf(figure, result.tables, result.metrics)}
        diagonal={diagonal} note={NOTES[figure.id]?.()} />
    </Card>
  );
}

/* ---- ROC, precision and recall ---- */

const rateOf = (r: unknown[], at: number): Rate => ({ value: Number(r[at]), interval: [Number(r[at + 1]), Number(r[at + 2])] });

function metricRate(metrics: Metric[], id: string): Rate | undefined {
  const m = metrics.find((x) => x.id === id && !x.slice);
  return m && m.value !== null && m.interval ? { value: m.value, interval: m.interval } : undefined;
}

/* The area under the curve, in words, with its interval. */
function areaText(metrics: Metric[], id: string): string {
  const m = metricRate(metrics, id);
  const of = metrics.find((x) => x.id === id && !x.slice);
  return m ? t('area_under', { n: showNumber(m.value, 4), lo: showNumber(m.interval[0], 4), hi: showNumber(m.interval[1], 4), confidence: confidenceText(of) }) : '';
}

function pointsOf(result: Result | undefined, id: string): Point[] | undefined {
  return result?.tables.find((x) => x.id === id)?.rows.map((r) => ({ threshold: r[0] === null ? null : Number(r[0]), x: rateOf(r, 1), y: rateOf(r, 4) }));
}

function Curve({ figure, result, other }: { figure: ResultFigure; result: Result; other: Result | undefined }) {
  const points = pointsOf(result, figure.id);
  if (!points) return null;
  const roc = figure.id === 'roc';
  const [x, y] = [metricRate(result.metrics, figure.x ?? ''), metricRate(result.metrics, figure.y ?? '')];
  const base = metricRate(result.metrics, 'base_rate')?.value ?? 0;
  const named = (name: string) => figure.series?.find((s) => s.name === name);
  const steps: [number, number, number][] = [];
  points.forEach((p, i) => {
    const before = points[i - 1]?.x.value ?? 0;
    if (!roc) steps.push([before, ...p.y.interval], [p.x.value, ...p.y.interval]);
  });
  return (
    <Card>
      <Tradeoff title={resultText(figure.title)} names={{ x: metricText(figure.x ?? ''), y: metricText(figure.y ?? '') }} points={points} stairs={!roc}
        band={roc ? { text: t('band_of_whole'), points: between(named('low'), named('high')) } : { text: t('band_of_point'), points: steps }}
        chance={roc ? { text: t('chance_diagonal'), points: [[0, 0], [1, 1]] } : { text: t('chance_base_rate'), points: [[0, base], [1, base]] }}
        here={x && y ? { threshold: null, x, y } : undefined} other={pointsOf(other, figure.id)}
        note={`${areaText(result.metrics, roc ? 'auc' : 'average_precision')} ${roc ? t('roc_note') : t('recall_note')}`} />
    </Card>
  );
}

/* ---- truth against prediction ---- */

const MOST_SQUARES = 12;

function Squares({ table }: { table: ResultTable }) {
  const at = ['true_negatives', 'false_positives', 'false_negatives', 'true_positives'].map((c) => column(table, c));
  const slice = column(table, 'slice');
  const { from, to, control } = usePages(table.rows.length, MOST_SQUARES, MOST_SQUARES);
  const all: Counts[] = table.rows.slice(from, to).map((r) => {
    const [trueNegatives = 0, falsePositives = 0, falseNegatives = 0, truePositives = 0] = at.map((i) => Number(r[i]));
    const one = r[slice] as Record<string, string> | null;
    return { label: sliceText(one ? { slice: one } : {}), trueNegatives, falsePositives, falseNegatives, truePositives };
  });
  return <Card wide><Confusion title={resultText(table.title)} all={all} />{control}</Card>;
}

function Confusions({ table }: { table: ResultTable }) {
  if (column(table, 'true_positives') >= 0) return <Squares table={table} />;
  const pairs = table.rows.map((r) => ({ truth: String(r[0]), predicted: String(r[1]), rows: Number(r[2]) }));
  return <Card wide><Classes title={resultText(table.title)} pairs={pairs} /></Card>;
}

/* ---- drift ---- */

const MOST_COLUMNS = 12;

/* Columns that moved most come first. */
function Distributions({ table, metrics }: { table: ResultTable; metrics: Metric[] }) {
  const by = Map.groupBy(table.rows, (r) => String(r[0]));
  const moved = (name: string) => metrics.find((m) => m.id === 'population_stability_index' && m.slice?.column === name)?.value ?? 0;
  const names = [...by.keys()].sort((a, b) => moved(b) - moved(a));
  const { from, to, control } = usePages(names.length, MOST_COLUMNS, names.length, t('moved_most_first'));
  return (
    <>
      <div class="wide pages-head"><h2>{t('columns_by_movement')}</h2>{control ?? <p class="hint">{t('all_columns', { n: showNumber(names.length) })}</p>}</div>
      {names.slice(from, to).map((name) => {
        const cells: Cell[] = (by.get(name) ?? []).map((r) => ({ label: String(r[1]), before: Number(r[2]), now: Number(r[3]) }));
        return <Card key={name}><Pairs title={t('distribution_of', { what: name })} cells={cells} before={t('reference_data')} now={t('these_data')} /></Card>;
      })}
    </>
  );
}

/* ---- single decisions ---- */

/* Results of before there were waterfalls: what moved a score the wrong way, strongest first. */
function Reasons({ table, tables }: { table: ResultTable; tables: ResultTable[] }) {
  const [row, feature, value] = ['row', 'feature', 'value'].map((c) => column(table, c));
  const amount = column(table, 'shap');
  if (tables.some((x) => x.id === 'waterfall')) return null;
  return (
    <>
      {[...Map.groupBy(table.rows, (r) => Number(r[row ?? 0]))].map(([n, rows]) => (
        <Card key={n}>
          <Bars title={t('reasons_of_row', { n })} value={metricText(table.columns[amount] ?? '')} values={rows.map((r) => Number(r[amount]))}
            labels={rows.map((r) => `${String(r[feature ?? 3])} = ${String(r[value ?? 4])}`)} note={t('reasons_note')} />
        </Card>
      ))}
    </>
  );
}

/* "0.800000012" is 0.8 in single precision. */
const valueText = (v: unknown) => (typeof v === 'string' && v !== '' && Number.isFinite(Number(v)) ? showNumber(Number(v), 6) : v === null ? t('missing_value') : String(v));

function stepsOf(table: ResultTable, rows: unknown[][]): Step[] {
  const [feature, value, amount, total, low, high] = ['feature', 'value', 'shap', 'total', 'low', 'high'].map((c) => column(table, c)) as [number, number, number, number, number, number];
  return rows.map((r) => ({
    label: r[feature] === null ? t('other_features', { n: Number(r[value]) }) : `${String(r[feature])} = ${valueText(r[value])}`,
    amount: Number(r[amount]), total: Number(r[total]),
    interval: low >= 0 && r[low] !== null ? [Number(r[low]), Number(r[high])] : undefined,
  }));
}

function Waterfalls({ table, tables }: { table: ResultTable; tables: ResultTable[] }) {
  const by = Map.groupBy(table.rows, (r) => Number(r[0]));
  const all = [...by.keys()];
  const [picked, setPicked] = useState<number>();
  const n = picked ?? all[0] ?? 0;
  const rows = by.get(n) ?? [];
  const unit = table.columns[1] ?? '';
  const steps = stepsOf(table, rows);
  const [answer, base] = [Number(rows[0]?.[1]), Number(rows[0]?.[2])];
  const sum = steps[steps.length - 1]?.total ?? base;
  const against = tables.find((x) => x.id === 'reasons')?.rows.filter((r) => Number(r[0]) === n).map((r) => String(r[3])) ?? [];
  const note = [t('waterfall_note', { base: showNumber(base, 4), sum: showNumber(sum, 4), unit }),
    Math.abs(answer - sum) > 1e-6 * Math.max(1, Math.abs(sum)) ? t('waterfall_rounding', { answer: showNumber(answer, 9), off: showNumber(Math.abs(answer - sum), 2) }) : '',
    against.length ? t('waterfall_reasons', { list: against.join(', ') }) : ''].join(' ').trim();
  return (
    <Card wide>
      {all.length > 1 && (
        <label class="filter"><span>{t('decision')}</span>
          <select value={String(n)} onChange={(e) => setPicked(Number(e.currentTarget.value))}>{all.map((x) => <option key={x} value={String(x)}>{t('row_n', { n: x })}</option>)}</select>
        </label>
      )}
      <Waterfall key={n} title={t('waterfall_of_row', { n })} base={base} steps={steps} unit={unit} note={note} />
    </Card>
  );
}

/* One curve for each corruption, with the interval of each point. */
function Severities({ metrics }: { metrics: Metric[] }) {
  const parts = metrics.filter((m) => m.slice && Object.keys(m.slice).join() === 'corruption,severity' && m.value !== null);
  return (
    <>
      {[...Map.groupBy(parts, (m) => m.id)].map(([id, ms]) => (
        <Card key={id}>
          <Lines title={t('by_severity', { what: metricText(id) })} x={t('severity')} y={metricText(id)} series={[...Map.groupBy(ms, (m) => m.slice?.corruption ?? '')].map(([name, points]) => ({
            name, points: points.map((m) => [Number(m.slice?.severity), m.value ?? 0] as [number, number]),
            ...(points.every((m) => m.interval) ? { band: points.map((m) => m.interval as [number, number]) } : {}),
          }))} />
        </Card>
      ))}
    </>
  );
}

interface Shown {
  table: ResultTable;
  tables: ResultTable[];
  metrics: Metric[];
}

const TABLES: Record<string, (p: Shown) => preact.JSX.Element | null> = {
  waterfall: Waterfalls, confusion: Confusions, cells: Distributions, reasons: Reasons,
};

/* What explains single decisions or answers comes before what it is made of. */
const FIRST = ['waterfall'];

function TablePicture({ id, result }: { id: string; result: Result }) {
  const table = result.tables.find((x) => x.id === id);
  const Show = TABLES[id];
  return Show && table && table.rows.length > 0 ? <Show table={table} tables={result.tables} metrics={result.metrics} /> : null;
}

/** `other`: a run that this one is compared with. */
export function Pictures({ result, other }: { result: Result; other?: Result | undefined }) {
  return (
    <div class="cards pictures">
      {FIRST.map((id) => <TablePicture key={id} id={id} result={result} />)}
      {result.figures.map((f) => <FigureCard key={f.id} figure={f} result={result} other={other} />)}
      <Severities metrics={result.metrics} />
      {result.tables.filter((x) => !FIRST.includes(x.id)).map((x) => <TablePicture key={x.id} id={x.id} result={result} />)}
    </div>
  );
}
