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

/** What a verdict means for one limit, in a sentence, and what would decide it. */
export function explain(m: Metric): string {
  if (!m.limit) return '';
  const fill = {
    what: m.id.replace(/_/g, ' '), limit: `${m.limit.op} ${showNumber(m.limit.value, 4)}`,
    lo: m.interval ? showNumber(m.interval[0], 4) : '–', hi: m.interval ? showNumber(m.interval[1], 4) : '–',
    confidence: `${showNumber((m.confidence ?? 0.95) * 100)} %`,
  };
  if (m.verdict === 'pass') return t('verdict_pass', fill);
  if (m.verdict === 'fail') return t('verdict_fail', fill);
  if (!m.interval) return t('verdict_undefined', fill);
  return `${t('verdict_inconclusive', fill)} ${m.n_needed ? tn('rows_needed', m.n_needed) : ''}`.trim();
}
