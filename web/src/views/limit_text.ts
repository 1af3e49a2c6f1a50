// limit_text.ts - limits of a plan as text and as parts, both ways: metric[slice] operator number.
// SPDX-License-Identifier: Apache-2.0

export interface LimitParts {
  metric: string;
  /** "" all rows, "*" every slice, else group=value,... */
  slice: string;
  op: string;
  /** As typed, so that a half-typed number survives. */
  value: string;
}

export const OPS = ['<=', '<', '>=', '>'];

/* Index of the first of `stop` outside double quotes. */
function findOutside(text: string, from: number, stop: string): number {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '"') quoted = !quoted;
    else if (!quoted && stop.includes(c)) return i;
  }
  return -1;
}

/** The parts of a limit, of a half-written one too; null: it is no limit at all. */
export function limitParts(text: string): LimitParts | null {
  const end = findOutside(text, 0, '[<>=');
  if (end < 0) return null;
  const close = text.charAt(end) === '[' ? findOutside(text, end, ']') : end - 1;
  if (close < 0 && end > 0) return null;
  const slice = text.charAt(end) === '[' ? text.slice(end + 1, close).trim() : '';
  const rest = text.slice(close + 1).trim();
  const op = ['<=', '>=', '<', '>'].find((o) => rest.startsWith(o));
  if (!op) return null;
  return { metric: text.slice(0, end).trim(), slice, op, value: rest.slice(op.length).trim() };
}

/** Numbers may be typed with a comma. */
export const limitText = (l: LimitParts): string =>
  `${l.metric}${l.slice ? `[${l.slice}]` : ''}${l.op}${l.value.trim().replace(/^(-?\d*),(\d*)$/, '$1.$2')}`;

/** Part of a slice in quotes when it holds what would end it. */
export const quoted = (x: string): string => (/[",=[\]<>]/.test(x) ? `"${x.replace(/"/g, '""')}"` : x);

/** Metrics that are better when they are greater; of the others less is better. */
export const risesWell = (metric: string): boolean =>
  /accuracy|auc|precision|recall|f1|ratio|coverage|stability|faithfulness|correlation|predictive_value|true_|r2|reproduced|relative_performance|identical|certified/.test(metric)
  && !/difference|drop|error|membership|attack/.test(metric);
