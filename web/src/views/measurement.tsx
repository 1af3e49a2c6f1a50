// measurement.tsx - one measurement: the verdict in words, honest pictures, what it was measured on.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { Problem, send } from '../base/api';
import { useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { showTime } from '../base/time';
import { Figure } from '../charts/frame';
import { usePages } from '../charts/pages';
import { type RecordType, type Row, typeByPlural } from '../records/types';
import { Members } from '../records/record';
import { RefLink } from '../records/values';
import { resultText } from '../text/results';
import { showNumber, t, valueLabel } from '../text/text';
import { Card, Loading, Page, Pre, ProblemNote, Tabs } from '../ui/basics';
import { Status } from '../ui/status';
import { JudgedPictures, Judgement, ManyGroups, MetricPictures } from './measurement_metrics';
import { Pictures } from './pictures';
import type { Metric, Result, ResultTable } from './result';

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

const TABLE_ROWS = 200;

function DataTable({ table }: { table: ResultTable }) {
  const title = resultText(table.title);
  const { from, to, control } = usePages(table.rows.length, TABLE_ROWS, TABLE_ROWS);
  const cell = (v: unknown) => (typeof v === 'number' ? showNumber(v, 4) : v === null ? '–' : typeof v === 'object' ? JSON.stringify(v) : String(v));
  const numeric = (i: number) => table.rows.every((r) => r[i] === null || typeof r[i] === 'number');
  return (
    <Figure title={title}>
      <div class="scroll tall" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead><tr lang="en">{table.columns.map((c, i) => <th key={c} class={numeric(i) ? 'number' : ''}>{c.replace(/_/g, ' ')}</th>)}</tr></thead>
          <tbody>{table.rows.slice(from, to).map((r, k) => <tr key={k}>{r.map((v, i) => <td key={i} class={numeric(i) ? 'number' : ''}>{cell(v)}</td>)}</tr>)}</tbody>
        </table>
      </div>
      {control}
    </Figure>
  );
}

function Subject({ row, result }: { row: Row; result: Result }) {
  const type = typeByPlural('measurements');
  return (
    <>
      {type && <Members type={type} row={row} only={['system', 'plan', 'model_version', 'dataset_version', 'reference_version', 'n_rows', 'model_sha256', 'dataset_sha256', 'reference_sha256', 'result_sha256', 'tool_version', 'seconds']} />}
      <h3>{t('method')}</h3>
      <p lang="en">{result.method.name}</p>
      <ul lang="en">{result.method.references?.map((r) => <li key={r} class="hint">{r}</li>)}</ul>
      <h3>{t('parameters')}</h3>
      <Pre text={JSON.stringify(result.method.parameters, null, 2)} label={t('parameters')} />
      {result.notes?.length > 0 && <><h3>{t('notes')}</h3><ul lang="en">{result.notes.map((n) => <li key={n}>{n}</li>)}</ul></>}
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
  const { result: otherResult } = useResult(other.value?.result_sha256 as string | undefined);
  const tab = query.value.get('tab') ?? 'figures';
  const compared = other.value?.metrics as Metric[] | undefined;
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
          <ManyGroups result={result} />
          <JudgedPictures metrics={result.metrics} other={compared} />
          <Pictures result={result} other={otherId ? otherResult : undefined} />
          <MetricPictures metrics={result.metrics} other={compared} />
        </>
      )}
      {result && tab === 'tables' && <div class="stack">{result.tables.map((x) => <Card key={x.id} wide><DataTable table={x} /></Card>)}</div>}
      {result && tab === 'subject' && <Card wide><Subject row={row} result={result} /> <p><a href={`/api/v1/files/${String(row.result_sha256)}`} download={`measurement-${row.id}.json`}>{t('download_result')}</a> · <a href={href('measurements', row.id, 'record')}>{t('record')}</a></p></Card>}
    </Page>
  );
}
