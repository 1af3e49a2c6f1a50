// result.ts - the result of a measurement as its file holds it, sorted for looking at.
// SPDX-License-Identifier: Apache-2.0

import type { IntervalRow, Limit } from '../charts/intervals';
import { showNumber, t, tn } from '../text/text';

export interface Metric {
  id: string;
  value: number | null;
  interval?: [number, number] | null;
  confidence?: number;
  interval_method?: string;
  n?: number;
  slice?: Record<string, string>;
  attribute?: string;
  limit?: Limit;
  verdict?: string;
  n_needed?: number;
}

export interface ResultTable {
  id: string;
  title: string;
  columns: string[];
  rows: unknown[][];
}

export interface ResultFigure {
  id: string;
  type: string;
  title: string;
  x?: string;
  y?: string;
  series?: { name: string; points: [number, number][] }[];
  value?: string;
  labels?: string[];
  values?: number[];
}

export interface Result {
  kind: string;
  subject: Record<string, unknown>;
  method: { name: string; parameters: Record<string, unknown>; seed: number; references: string[] };
  tool: { name: string; version: string };
  started: string;
  seconds: number;
  metrics: Metric[];
  verdict: string;
  tables: ResultTable[];
  figures: ResultFigure[];
  notes: string[];
}

const PLAIN = ['feature', 'column', 'corruption', 'attack'];

/** "race = Black, sex = Female"; "noise · age" where the value says what it is; the whole has a word of its own. */
export function sliceText(m: Pick<Metric, 'slice'>): string {
  if (!m.slice) return t('the_whole');
  const one = Object.entries(m.slice).map(([k, v]) => (v === '*' ? k : PLAIN.includes(k) ? v : `${k} = ${v}`));
  return one.join(Object.keys(m.slice).some((k) => PLAIN.includes(k)) ? ' · ' : ', ');
}

export const rowOf = (m: Metric): IntervalRow => ({
  label: sliceText(m), value: m.value, interval: m.interval ?? null, n: m.n, limit: m.limit, verdict: m.verdict,
});

/** Metrics of one id together, in the order of the result; those with limits first. */
export function byMetric(all: Metric[]): [string, Metric[]][] {
  const groups = [...Map.groupBy(all, (m) => m.id)];
  const judged = (ms: Metric[]) => (ms.some((m) => m.limit) ? 0 : 1);
  return groups.sort((a, b) => judged(a[1]) - judged(b[1]));
}

const RANKED = ['column', 'feature'];
const FEW = 12;

/* How surely a figure is apart from that of all rows: by the near end of its interval, then by itself. */
function apart(m: Metric, whole: number): [number, number] {
  if (m.value === null) return [-1, -1];
  const [lo, hi] = m.interval ?? [m.value, m.value];
  return [Math.max(0, lo - whole, whole - hi), Math.abs(m.value - whole)];
}

const judgement = (m: Metric) => (!m.limit ? 3 : ['fail', 'inconclusive', 'pass'].indexOf(m.verdict ?? ''));

/* Few groups keep their order. Of many, what fails a limit comes first, then all rows, then the groups farthest from them. */
function byDistance(metrics: Metric[]): Metric[] {
  const whole = metrics.find((m) => !m.slice)?.value ?? 0;
  const key = (m: Metric) => [judgement(m), m.slice ? 1 : 0, ...apart(m, whole).map((x) => -x)];
  const keyed = metrics.map((m) => ({ m, k: key(m) }));
  keyed.sort((a, b) => a.k.map((x, i) => x - (b.k[i] ?? 0)).find((d) => d !== 0) ?? 0);
  return keyed.map((x) => x.m);
}

/** Columns and features by size, what was judged first; severities have a curve. `order` says so when there are many. */
export function rowsOf(metrics: Metric[]): { rows: Metric[]; order?: string } {
  const ranked = metrics.length > 0 && metrics.every((m) => m.slice && RANKED.includes(Object.keys(m.slice).join()));
  const shown = metrics.filter((m) => m.limit || !m.slice?.severity);
  const size = (m: Metric) => Math.abs(m.value ?? 0);
  if (ranked) return { rows: [...shown].sort((a, b) => size(b) - size(a)), order: t('largest_first') };
  const parts = shown.every((m) => Object.keys(m.slice ?? {}).every((k) => PLAIN.includes(k) || k === 'severity'));
  if (shown.length > FEW && parts) return { rows: [...shown].sort((a, b) => judgement(a) - judgement(b) || (a.slice ? 1 : 0) - (b.slice ? 1 : 0) || size(b) - size(a)), order: t('largest_first') };
  if (shown.length > FEW) return { rows: byDistance(shown), order: t('farthest_first') };
  return { rows: [...shown].sort((a, b) => (a.limit ? 0 : 1) - (b.limit ? 0 : 1)) };
}

export interface GroupCount {
  name: string;
  groups: number;
  median: number;
  /** How many have fewer rows than are judged. */
  small: number;
  numbers: boolean;
}

const MANY_GROUPS = 30;

/** Attributes with more groups than are of use, from the metrics that have one figure for each. */
export function manyGroups(metrics: Metric[], min: number): GroupCount[] {
  const by = new Map<string, Map<string, number>>();
  for (const m of metrics) {
    const [name, ...more] = Object.keys(m.slice ?? {});
    const value = name === undefined ? undefined : m.slice?.[name];
    if (name === undefined || value === undefined || value === '*' || more.length || PLAIN.includes(name)) continue;
    const of = by.get(name) ?? new Map<string, number>();
    of.set(value, Math.max(of.get(value) ?? 0, m.n ?? 0));
    by.set(name, of);
  }
  return [...by].filter(([, of]) => of.size > MANY_GROUPS).map(([name, of]) => {
    const sizes = [...of.values()].sort((a, b) => a - b);
    const numeric = [...of.keys()].filter((v) => v !== '' && Number.isFinite(Number(v))).length;
    return { name, groups: of.size, median: sizes[Math.floor(sizes.length / 2)] ?? 0, small: sizes.filter((n) => n < min).length, numbers: numeric > of.size / 2 };
  });
}

/** Of many groups each has an interval of more than 99.9 %, which is not 100. */
export function confidenceText(m: Pick<Metric, 'confidence'> | undefined): string {
  const c = (m?.confidence ?? 0.95) * 100;
  return `${showNumber(c, c > 99.9 ? 6 : 3)} %`;
}

/** What a verdict means for one limit, in a sentence, and what would decide it. */
export function explain(m: Metric): string {
  if (!m.limit) return '';
  const fill = {
    limit: `${m.limit.op} ${showNumber(m.limit.value, 4)}`,
    lo: m.interval ? showNumber(m.interval[0], 4) : '–', hi: m.interval ? showNumber(m.interval[1], 4) : '–',
    confidence: confidenceText(m),
  };
  if (m.verdict === 'pass') return t('verdict_pass', fill);
  if (m.verdict === 'fail') return t('verdict_fail', fill);
  if (!m.interval) return t('verdict_undefined', fill);
  return `${t('verdict_inconclusive', fill)} ${m.n_needed ? tn('rows_needed', m.n_needed) : ''}`.trim();
}
