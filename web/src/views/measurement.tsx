// measurement.tsx - one measurement: the verdict in words, honest pictures, what it was measured on.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { Problem, send } from '../base/api';
import { useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { Figure } from '../charts/frame';
import { type IntervalRow, Intervals } from '../charts/intervals';
import { type RecordType, type Row, typeByPlural } from '../records/types';
import { Members } from '../records/record';
import { RefLink } from '../records/values';
import { showNumber, t, valueLabel } from '../text/text';
import { Card, Loading, Page, Pre, ProblemNote, Tabs } from '../ui/basics';
import { Status } from '../ui/status';
import { Pictures } from './pictures';
import { byMetric, explain, type Metric, type Result, type ResultTable, rowOf, sliceText } from './result';

/** The whole result is a file; the record has only its figures. */
function useResult(sha256: string | undefined): { result?: Result; problem?: Problem } {
  const [state, setState] = useState<{ result?: Result; problem?: Problem }>({});
  useEffect(() => {
    if (!sha256) return;
    setState({});
    send('GET', `/api/v1/files/${sha256}`).then(async (r) => setState({ result: (await r.json()) as Result }),
      (x) => setState({ problem: x instanceof Problem ? x : new Problem(0, 'internal', '', String(x), '') }));
  }, [sha256]);
  return state;
}

function Judgement({ metrics }: { metrics: Metric[] }) {
  const judged = metrics.filter((m) => m.limit);
  const order = ['fail', 'inconclusive', 'pass'];
  judged.sort((a, b) => order.indexOf(a.verdict ?? '') - order.indexOf(b.verdict ?? ''));
  if (!judged.length) return <p class="none">{t('no_limits')}</p>;
  return (
    <ul class="plain-list">
      {judged.map((m, i) => (
        <li key={i} class="judged">
          <Status value={m.verdict ?? 'none'} />
          <div>
            <strong>{m.id.replace(/_/g, ' ')}{m.slice ? ` (${sliceText(m)})` : ''}</strong>
            <p>{explain(m)}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}

function DataTable({ table }: { table: ResultTable }) {
  const cell = (v: unknown) => (typeof v === 'number' ? showNumber(v, 4) : v === null ? '–' : typeof v === 'object' ? JSON.stringify(v) : String(v));
  const numeric = (i: number) => table.rows.every((r) => r[i] === null || typeof r[i] === 'number');
  return (
    <Figure title={table.title}>
      <div class="scroll tall" tabIndex={0} role="region" aria-label={table.title}>
        <table>
          <thead><tr>{table.columns.map((c, i) => <th key={c} class={numeric(i) ? 'number' : ''}>{c.replace(/_/g, ' ')}</th>)}</tr></thead>
          <tbody>{table.rows.map((r, k) => <tr key={k}>{r.map((v, i) => <td key={i} class={numeric(i) ? 'number' : ''}>{cell(v)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </Figure>
  );
}

const MOST_ROWS = 60;

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
                <th scope="row">{m.id.replace(/_/g, ' ')}{m.slice ? ` (${sliceText(m)})` : ''}</th>
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

const RANKED = ['column', 'feature'];

/* Columns and features by size, what was judged first; groups keep their order; severities have a curve. */
function rowsOf(metrics: Metric[]): Metric[] {
  const ranked = metrics.length > 0 && metrics.every((m) => m.slice && RANKED.includes(Object.keys(m.slice).join()));
  const shown = metrics.filter((m) => m.limit || !m.slice?.severity);
  const size = (m: Metric) => Math.abs(m.value ?? 0);
  return ranked ? [...shown].sort((a, b) => size(b) - size(a)) : [...shown].sort((a, b) => (a.limit ? 0 : 1) - (b.limit ? 0 : 1));
}

function MetricPictures({ metrics, other }: { metrics: Metric[]; other: Metric[] | undefined }) {
  const groups = byMetric(metrics).map(([id, ms]): [string, Metric[]] => [id, rowsOf(ms)]);
  const single = groups.filter(([, ms]) => ms.length === 1 && !ms[0]?.limit).flatMap(([, ms]) => ms);
  const several = groups.filter(([, ms]) => ms.length > 1 || ms[0]?.limit);
  const compared = (id: string, rows: IntervalRow[]): IntervalRow[] => !other ? rows : rows.flatMap((r) => {
    const o = other.find((m) => m.id === id && sliceText(m) === r.label);
    return o ? [r, { ...rowOf(o), label: `${t('other_run')} · ${r.label}` }] : [r];
  });
  return (
    <div class="cards">
      {several.map(([id, ms]) => (
        <Card key={id}>
          <Intervals title={id.replace(/_/g, ' ')} rows={compared(id, ms.slice(0, MOST_ROWS).map(rowOf))}
            {...(ms.length > MOST_ROWS ? { note: t('first_of', { n: MOST_ROWS, all: showNumber(ms.length) }) } : {})} />
        </Card>
      ))}
      {single.length > 0 && (
        <Card wide>
          <Singles metrics={single} other={other} />
        </Card>
      )}
    </div>
  );
}

function Subject({ row, result }: { row: Row; result: Result }) {
  const type = typeByPlural('measurements');
  return (
    <>
      {type && <Members type={type} row={row} only={['system', 'plan', 'model_version', 'dataset_version', 'reference_version', 'n_rows', 'model_sha256', 'dataset_sha256', 'reference_sha256', 'result_sha256', 'tool_version', 'seconds']} />}
      <h3>{t('method')}</h3>
      <p>{result.method.name}</p>
      <ul>{result.method.references?.map((r) => <li key={r} class="hint">{r}</li>)}</ul>
      <h3>{t('parameters')}</h3>
      <Pre text={JSON.stringify(result.method.parameters, null, 2)} label={t('parameters')} />
      {result.notes?.length > 0 && <><h3>{t('notes')}</h3><ul>{result.notes.map((n) => <li key={n}>{n}</li>)}</ul></>}
    </>
  );
}

function Compare({ row }: { row: Row }) {
  const others = useResource<{ items: Row[] }>(`/measurements?kind=${encodeURIComponent(String(row.kind))}&limit=50`);
  const items = others.value?.items.filter((x) => x.id !== row.id) ?? [];
  if (!items.length) return null;
  return (
    <label class="filter">
      <span>{t('compare_with')}</span>
      <select value={query.value.get('with') ?? ''} onChange={(e) => setQuery({ with: e.currentTarget.value })}>
        <option value="">{t('nothing')}</option>
        {items.map((x) => <option key={x.id} value={String(x.id)}>{`#${x.id} · ${showTime(String(x.started_at))} · ${valueLabel(String(x.verdict))}`}</option>)}
      </select>
    </label>
  );
}

export function MeasurementView({ type, id }: { type: RecordType; id: string }) {
  const { value: row, problem } = useResource<Row>(`/${type.plural}/${encodeURIComponent(id)}`);
  const otherId = query.value.get('with');
  const other = useResource<Row>(otherId ? `/${type.plural}/${otherId}` : null);
  const { result, problem: broken } = useResult(row?.result_sha256 as string | undefined);
  const tab = query.value.get('tab') ?? 'figures';
  if (!row) return problem ? <Page title={t('measurement')}><ProblemNote problem={problem} /></Page> : <Loading />;
  return (
    <Page title={`${valueLabel(String(row.kind))} #${row.id}`} lead={
      <><Status value={String(row.verdict)} /> {t(`verdict_is_${row.verdict}` as 'verdict_is_pass')} · {showTime(String(row.started_at))}
        {row.plan ? <> · <RefLink plural="plans" id={Number(row.plan)} /></> : null}
        {row.system ? <> · <RefLink plural="systems" id={Number(row.system)} /></> : null}</>
    } actions={<Compare row={row} />}>
      <ProblemNote problem={broken} />
      {result && <Card wide title={t('limits_judged')}><Judgement metrics={result.metrics} /></Card>}
      <Tabs at={tab} onPick={(x) => setQuery({ tab: x === 'figures' ? undefined : x })} tabs={[
        { id: 'figures', label: t('figures') },
        { id: 'tables', label: t('tables'), count: result?.tables.length },
        { id: 'subject', label: t('measured_on') },
      ]} />
      {!result && !broken && <Loading />}
      {result && tab === 'figures' && (
        <>
          {result.figures.length > 0 && <Pictures result={result} />}
          <MetricPictures metrics={result.metrics} other={other.value?.metrics as Metric[] | undefined} />
          {result.figures.length === 0 && <Pictures result={result} />}
        </>
      )}
      {result && tab === 'tables' && <div class="stack">{result.tables.map((x) => <Card key={x.id} wide><DataTable table={x} /></Card>)}</div>}
      {result && tab === 'subject' && <Card wide><Subject row={row} result={result} /> <p><a href={`/api/v1/files/${String(row.result_sha256)}`} download={`measurement-${row.id}.json`}>{t('download_result')}</a> · <a href={href('measurements', row.id, 'record')}>{t('record')}</a></p></Card>}
    </Page>
  );
}
