// plan.tsx - one measurement plan: what it measures, its runs over time, and a run from here.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { isOver, type Job, useJob } from '../base/job';
import { outdate, useResource } from '../base/resource';
import { href } from '../base/router';
import { showTime } from '../base/time';
import { Members } from '../records/record';
import type { RecordType, Row } from '../records/types';
import { showNumber, t, valueLabel } from '../text/text';
import { Button, Card, LinkButton, Loading, Page, ProblemNote } from '../ui/basics';
import { Status } from '../ui/status';
import { can } from './session';

const measured = () => outdate((p) => p.startsWith('/measurements') || p.startsWith('/status') || p.startsWith('/findings'));

function Run({ plan }: { plan: Row }) {
  const [id, setId] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem>();
  const job = useJob(id, measured);
  const start = async () => {
    setProblem(undefined);
    try {
      setId((await call<Job>('POST', '/jobs', { body: { kind: 'assess', payload: { plan: plan.id } }, key: crypto.randomUUID() })).id);
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
    }
  };
  const running = job && !isOver(job);
  return (
    <div class="stack" aria-live="polite">
      <p class="row">
        <Button tone="main" icon="run" busy={!!running} onClick={() => void start()}>{t('run_now')}</Button>
        {running && <Button icon="stop" onClick={() => void call('POST', `/jobs/${job.id}/cancel`).catch(() => undefined)}>{t('stop')}</Button>}
        {job && <Status value={job.state} />}
        {job?.result?.measurement !== undefined && <a href={href('measurements', job.result.measurement)}>{t('see_result')}</a>}
      </p>
      {running && <progress max={1} value={job.progress ?? 0} aria-label={t('progress')} />}
      <ProblemNote problem={problem} />
      {job?.error && <ProblemNote problem={new Problem(0, job.error.code, job.error.path, job.error.message, job.error.hint)} />}
    </div>
  );
}

function Runs({ plan }: { plan: Row }) {
  const { value, problem } = useResource<{ items: Row[] }>(`/measurements?plan=${plan.id}&limit=50`);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  if (!value.items.length) return <p class="none">{t('never_run')}</p>;
  return (
    <ul class="plain-list">
      {value.items.map((m, i) => (
        <li key={m.id} class="row">
          <Status value={String(m.verdict)} /> <a href={href('measurements', m.id)}>#{m.id}</a> {showTime(String(m.started_at))}
          <span class="hint">{t('n_rows', { n: showNumber(Number(m.n_rows)) })}</span>
          {value.items[i + 1] && <a href={`${href('measurements', m.id)}?with=${value.items[i + 1]?.id}`}>{t('compare_before')}</a>}
        </li>
      ))}
    </ul>
  );
}

export function PlanView({ type, id }: { type: RecordType; id: string }) {
  const { value: row, problem } = useResource<Row>(`/plans/${encodeURIComponent(id)}`);
  if (!row) return problem ? <Page title={t('plan')}><ProblemNote problem={problem} /></Page> : <Loading />;
  return (
    <Page title={String(row.name)} lead={<>{valueLabel(String(row.kind))} · <a href={href('plans')}>{t('nav_plans')}</a></>} actions={
      <>
        <LinkButton to={href('plans', row.id, 'record')} icon="history">{t('record')}</LinkButton>
        {can('edit') && <LinkButton to={href('plans', row.id, 'edit')} icon="edit">{t('edit')}</LinkButton>}
      </>
    }>
      <div class="cards">
        {can('measure') && <Card title={t('run')}>{row.dataset_version ? <Run plan={row} /> : <p class="none">{t('no_data_to_run')}</p>}</Card>}
        <Card title={t('runs')}><Runs plan={row} /></Card>
        <Card wide title={t('what_is_measured')}><Members type={type} row={row} /></Card>
      </div>
    </Page>
  );
}
