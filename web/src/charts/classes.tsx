// classes.tsx - truth against prediction of many classes: the whole matrix, and what is confused most.
// SPDX-License-Identifier: Apache-2.0

import { showNumber, t } from '../text/text';
import { Figure } from './frame';
import { wilson } from './scale';

export interface Pair {
  truth: string;
  predicted: string;
  rows: number;
}

const MOST = 20;
const WORST = 5;

interface Matrix {
  names: string[];
  /** counts[truth][prediction] */
  counts: number[][];
  merged: number;
}

/** The classes with most rows; all others are one more, so that nothing is missing from the sums. */
export function matrixOf(pairs: Pair[], most = MOST): Matrix {
  const sizes = new Map<string, number>();
  for (const p of pairs) {
    sizes.set(p.truth, (sizes.get(p.truth) ?? 0) + p.rows);
    if (!sizes.has(p.predicted)) sizes.set(p.predicted, 0);
  }
  const all = [...sizes.keys()];
  const kept = all.length <= most ? all : [...all].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0)).slice(0, most - 1);
  kept.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const merged = all.length - kept.length;
  const place = new Map(kept.map((name, i) => [name, i]));
  const n = kept.length + (merged ? 1 : 0);
  const counts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (const p of pairs) {
    const row = counts[place.get(p.truth) ?? n - 1];
    const k = place.get(p.predicted) ?? n - 1;
    if (row) row[k] = (row[k] ?? 0) + p.rows;
  }
  return { names: merged ? [...kept, t('other_classes', { n: merged })] : kept, counts, merged };
}

const percent = (k: number, n: number) => (n > 0 ? `${showNumber((k / n) * 100)} %` : t('undefined'));

function Share({ k, n }: { k: number; n: number }) {
  if (!(n > 0)) return <td>{t('undefined')}</td>;
  const [lo, hi] = wilson(k, n);
  return <td class="share"><strong>{percent(k, n)}</strong> <small>{`${showNumber(lo * 100)} – ${showNumber(hi * 100)}`}</small></td>;
}

/* A cell at the diagonal of merged classes holds right and wrong answers alike. */
function Cell({ k, n, right }: { k: number; n: number; right: boolean }) {
  return (
    <td class={right ? 'tone-info' : 'tone-warn'}>
      <i style={{ opacity: String(n > 0 && k > 0 ? 0.08 + 0.37 * (k / n) : 0) }} />
      {k > 0 && <strong>{showNumber(k)}</strong>}
    </td>
  );
}

export function Classes({ title, pairs }: { title: string; pairs: Pair[] }) {
  const { names, counts, merged } = matrixOf(pairs);
  const whole = counts.map((r) => r.reduce((a, b) => a + b, 0));
  const down = names.map((_, k) => counts.reduce((a, r) => a + (r[k] ?? 0), 0));
  const worst = pairs.filter((p) => p.truth !== p.predicted).sort((a, b) => b.rows - a.rows).slice(0, WORST);
  const own = (i: number) => !(merged && i === names.length - 1);
  const note = `${t('classes_note')}${merged ? ` ${t('classes_merged', { n: merged })}` : ''}`;
  return (
    <Figure title={title} note={note}>
      {worst.length > 0 && (
        <>
          <p>{t('most_confused')}</p>
          <ol class="worst">{worst.map((p) => <li key={`${p.truth} ${p.predicted}`}>{t('taken_for', { n: showNumber(p.rows), truth: p.truth, predicted: p.predicted })}</li>)}</ol>
        </>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label={title}>
        <table class="confusion classes">
          <thead><tr><th>{t('truth')}</th>{names.map((c) => <th key={c} scope="col" title={c}>{t('predicted_as', { name: c })}</th>)}<th scope="col">{t('rows')}</th><th scope="col">{t('found_of_class')}</th></tr></thead>
          <tbody>
            {counts.map((r, i) => (
              <tr key={names[i]}>
                <th scope="row">{names[i]}</th>
                {r.map((k, j) => <Cell key={j} k={k} n={whole[i] ?? 0} right={i === j && own(i)} />)}
                <td class="share">{showNumber(whole[i] ?? 0)}</td>
                {own(i) ? <Share k={r[i] ?? 0} n={whole[i] ?? 0} /> : <td>–</td>}
              </tr>
            ))}
            <tr><th scope="row">{t('right_of_predicted')}</th>{names.map((c, j) => (own(j) ? <Share key={c} k={counts[j]?.[j] ?? 0} n={down[j] ?? 0} /> : <td key={c}>–</td>))}<td /><td /></tr>
          </tbody>
        </table>
      </div>
    </Figure>
  );
}
