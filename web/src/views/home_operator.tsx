// home_operator.tsx - the home of whoever keeps it running: work under way, what must run, what just ran.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import { showAgo } from '../base/time';
import { showNumber, t, valueLabel } from '../text/text';
import { Card, Loading } from '../ui/basics';
import { Status } from '../ui/status';
import { type Items, PlansDue, Recent, RunsCard } from './home_parts';
import { useRuns } from './runs';

interface Job {
  id: number;
  kind: string;
  state: string;
  progress?: number;
  created_at?: string;
  error?: { message: string };
  result?: { measurement?: number };
}

function Jobs() {
  const { value } = useResource<{ items: Job[] }>('/jobs?limit=12');
  return (
    <Card title={t('jobs')}>
      {!value ? <Loading /> : value.items.length === 0 ? <p class="none">{t('no_jobs')}</p> : (
        <ul class="plain-list">
          {value.items.map((j) => (
            <li key={j.id}>
              <Status value={j.state} /> {valueLabel(j.kind)} #{j.id} {j.created_at && <span class="hint">{showAgo(j.created_at)}</span>}
              {j.result?.measurement !== undefined && <> · <a href={href('measurements', j.result.measurement)}>{t('see_result')}</a></>}
              {j.state === 'running' && <progress max={1} value={j.progress ?? 0} aria-label={t('progress')} />}
              {j.error && <p class="hint">{j.error.message}</p>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Server() {
  const about = useResource<{ version: string }>('/about');
  const head = useResource<{ origin: string; size: number }>('/log');
  return (
    <Card title={t('server')}>
      {about.value && head.value ? (
        <dl class="members">
          <div><dt>{t('version')}</dt><dd>aims {about.value.version}</dd></div>
          <div><dt>{t('log_origin')}</dt><dd><bdi>{head.value.origin}</bdi></dd></div>
          <div><dt>{t('log')}</dt><dd>{t('n_leaves', { n: showNumber(head.value.size) })}</dd></div>
        </dl>
      ) : <Loading />}
    </Card>
  );
}

export function OperatorHome() {
  const plans = useResource<Items>('/plans?limit=500');
  const runs = useRuns();
  return (
    <div class="cards">
      <div class="card-column">
        <Jobs />
        <PlansDue plans={plans.value?.items} runs={runs?.items} />
        <Server />
      </div>
      <div class="card-column">
        <RunsCard title={t('newest_runs')} />
        <Recent />
      </div>
    </div>
  );
}
