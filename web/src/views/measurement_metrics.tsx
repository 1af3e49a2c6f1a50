// measurement_metrics.tsx - the figures of a measurement against their limits: in words, as intervals, as a table.
// SPDX-License-Identifier: Apache-2.0

import { Figure } from '../charts/frame';
import { type IntervalRow, Intervals } from '../charts/intervals';
import { usePages } from '../charts/pages';
import { metricText } from '../text/results';
import { showNumber, t, valueLabel } from '../text/text';
import { Card } from '../ui/basics';
import { Status } from '../ui/status';
import { byMetric, explain, manyGroups, type Metric, type Result, rowOf, rowsOf, sliceText } from './result';

/** A name of the API is English in every language. */
export const MetricName = ({ metric }: { metric: Metric }) => <><span lang="en">{metricText(metric.id)}</span>{metric.slice ? ` (${sliceText(metric).replace(/^\((.*)\)$/, '$1')})` : ''}</>;

const VERDICTS = ['fail', 'inconclusive', 'pass'];
const FEW_LIMITS = 8;

export function Judgement({ metrics }: { metrics: Metric[] }) {
  const judged = metrics.filter((m) => m.limit).sort((a, b) => VERDICTS.indexOf(a.verdict ?? '') - VERDICTS.indexOf(b.verdict ?? ''));
  const { from, to, control } = usePages(judged.length, FEW_LIMITS, 60, t('worst_first'));
  if (!judged.length) return <p class="none">{t('no_limits')}</p>;
  const counts = VERDICTS.map((v) => [v, judged.filter((m) => m.verdict === v).length] as const).filter(([, n]) => n > 0);
  return (
    <div class="judgement">
      {control && <p>{counts.map(([v, n]) => `${showNumber(n)} × ${valueLabel(v)}`).join(' · ')}</p>}
      <ul class="plain-list">
        {judged.slice(from, to).map((m) => (
          <li key={`${m.id} ${sliceText(m)} ${m.limit?.op} ${m.limit?.value}`} class="judged">
            <Status value={m.verdict ?? 'none'} />
            <div>
              <strong><MetricName metric={m} /></strong>
              <p>{explain(m)}</p>
            </div>
          </li>
        ))}
      </ul>
      {control}
    </div>
  );
}

/* Figures of different units share no axis: they stand in a table. */
function Singles({ metrics, other }: { metrics: Metric[]; other: Metric[] | undefined }) {
  const number = (v: number | null | undefined) => (v === null || v === undefined ? t('undefined') : showNumber(v, 4));
  return (
    <Figure title={t('other_figures')}>
      <div class="scroll" tabIndex={0} role="region" aria-label={t('other_figures')}>
        <table>
          <thead><tr><th>{t('metric')}</th><th class="number">{t('value')}</th><th class="number">{t('interval')}</th>{other && <th class="number">{t('other_run')}</th>}</tr></thead>
          <tbody>
            {metrics.map((m) => (
              <tr key={`${m.id} ${sliceText(m)}`}>
                <th scope="row"><MetricName metric={m} /></th>
                <td class="number">{number(m.value)}</td>
                <td class="number">{m.interval ? `${showNumber(m.interval[0], 4)} – ${showNumber(m.interval[1], 4)}` : '–'}</td>
                {other && <td class="number">{number(other.find((o) => o.id === m.id && sliceText(o) === sliceText(m))?.value)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
}

/** An attribute with more groups than anybody can look at, and what to do about it. */
export function ManyGroups({ result }: { result: Result }) {
  const min = Number(result.method.parameters.min_group ?? 30);
  const all = manyGroups(result.metrics, min);
  if (!all.length) return null;
  return (
    <Card wide title={t('many_groups_title')}>
      {all.map((g) => (
        <p key={g.name}>
          {t('many_groups', { name: g.name, n: showNumber(g.groups), median: showNumber(g.median) })}{' '}
          {g.small > 0 && `${t('many_groups_small', { small: showNumber(g.small), min: showNumber(min) })} `}
          {g.numbers ? t('many_groups_numbers', { name: g.name }) : t('many_groups_names')}
        </p>
      ))}
    </Card>
  );
}

function Groups({ groups, other }: { groups: [string, Metric[]][]; other: Metric[] | undefined }) {
  const compared = (id: string, rows: IntervalRow[]): IntervalRow[] => !other ? rows : rows.flatMap((r) => {
    const o = other.find((m) => m.id === id && sliceText(m) === r.label);
    return o ? [r, { ...rowOf(o), label: `${t('other_run')} · ${r.label}` }] : [r];
  });
  return (
    <>
      {groups.map(([id, ms]) => {
        const { rows, order } = rowsOf(ms);
        return <Card key={id}><Intervals title={metricText(id)} name rows={compared(id, rows.map(rowOf))} order={order} /></Card>;
      })}
    </>
  );
}

/* Drift by feature is the picture of its kind, limit or not. */
const LEADING = ['population_stability_index'];
const leads = ([id, ms]: [string, Metric[]]) => LEADING.includes(id) || ms.some((m) => m.limit);

/** What was judged, as intervals against the limits: what matters first. */
export function JudgedPictures({ metrics, other }: { metrics: Metric[]; other: Metric[] | undefined }) {
  const groups = byMetric(metrics).filter(leads);
  return groups.length ? <div class="cards judged-pictures"><Groups groups={groups} other={other} /></div> : null;
}

/** All other figures. */
export function MetricPictures({ metrics, other }: { metrics: Metric[]; other: Metric[] | undefined }) {
  const groups = byMetric(metrics).filter((g) => !leads(g)).map(([id, ms]): [string, Metric[]] => [id, ms.filter((m) => !m.slice?.severity)]);
  const single = groups.filter(([, ms]) => ms.length === 1).flatMap(([, ms]) => ms);
  return (
    <div class="cards">
      <Groups groups={groups.filter(([, ms]) => ms.length > 1)} other={other} />
      {single.length > 0 && <Card wide><Singles metrics={single} other={other} /></Card>}
    </div>
  );
}
