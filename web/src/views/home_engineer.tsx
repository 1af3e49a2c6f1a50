// home_engineer.tsx - the home of whoever builds: own systems, limits that fail, newest runs, plans that are due.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import type { Row } from '../records/types';
import { RefLink } from '../records/values';
import { english, showNumber, t } from '../text/text';
import { Card, LinkButton, Loading } from '../ui/basics';
import { Status } from '../ui/status';
import { type Items, PlansDue, RunsCard } from './home_parts';
import { type Metric, sliceText } from './result';
import { MISSED_RUNS, useRuns, verdictOf } from './runs';
import { can, me } from './session';

function MySystems({ runs }: { runs: Row[] }) {
  const person = me.value?.person;
  const mine = useResource<Items>(person ? `/systems?owner=${person}&brief=true&limit=10` : null);
  const all = useResource<Items>('/systems?brief=true&limit=10');
  const own = mine.value?.items ?? [];
  const systems = person && !mine.value ? undefined : all.value?.items;
  const shown = own.length ? own : (systems ?? []);
  return (
    <Card title={own.length ? t('my_systems') : t('all_systems')}>
      {!systems ? <Loading /> : (
        <>
          {!own.length && systems.length > 0 && <p class="hint">{person ? t('you_own_none') : t('you_are_nobody')}</p>}
          {shown.length === 0 && <p class="none">{t('systems_empty')}</p>}
          <ul class="plain-list">
            {shown.map((s) => {
              const verdict = verdictOf(runs, s.id);
              return (
                <li key={s.id}>
                  {verdict ? <Status value={verdict} /> : <span class="status quiet">{t('never')}</span>} <a href={href('systems', s.id)}><bdi>{String(s.name)}</bdi></a>
                </li>
              );
            })}
          </ul>
          {can('edit') && <p><LinkButton to={href('plans', 'new')} icon="add">{t('new_plan')}</LinkButton></p>}
        </>
      )}
    </Card>
  );
}

/** Metrics outside their limit, or not decided. */
function missed(runs: Row[]): { run: Row; metric: Metric }[] {
  return runs.flatMap((run) => ((run.metrics as Metric[] | undefined) ?? []).filter((m) => m.limit && m.verdict !== 'pass').map((metric) => ({ run, metric })))
    .sort((a, b) => (a.metric.verdict === 'fail' ? 0 : 1) - (b.metric.verdict === 'fail' ? 0 : 1));
}

function MissedLimits({ runs }: { runs: Row[] | undefined }) {
  const all = runs ? missed(runs) : [];
  return (
    <Card wide title={t('limits_missed')}>
      {!runs ? <Loading /> : all.length === 0 ? <p class="none">{t('no_limits_missed')}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={t('limits_missed')}>
          <table class="figures">
            <thead><tr><th>{t('verdict')}</th><th>{t('figures')}</th><th class="number">{t('value')}</th><th class="number">{t('interval')}</th><th class="number">{t('limit')}</th><th>{t('plan')}</th></tr></thead>
            <tbody>
              {all.slice(0, 12).map(({ run, metric: m }, i) => (
                <tr key={i}>
                  <td><Status value={String(m.verdict)} /></td>
                  <td><a href={href('measurements', run.id)}><span {...english()}>{m.id.replace(/_/g, ' ')}</span></a> <span class="hint">{m.slice ? sliceText(m) : ''}</span></td>
                  <td class="number">{m.value === null ? t('undefined') : showNumber(m.value, 4)}</td>
                  <td class="number">{m.interval ? `${showNumber(m.interval[0], 4)} – ${showNumber(m.interval[1], 4)}` : '–'}</td>
                  <td class="number">{m.limit?.op} {showNumber(m.limit?.value ?? NaN, 4)}</td>
                  <td>{run.plan ? <RefLink plural="plans" id={Number(run.plan)} /> : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

export function EngineerHome() {
  const plans = useResource<Items>('/plans?limit=500');
  const runs = useRuns();
  const bad = useResource<Items>(MISSED_RUNS);
  return (
    <div class="cards">
      <MissedLimits runs={bad.value?.items} />
      <div class="card-column">
        <MySystems runs={runs?.items ?? []} />
        <PlansDue plans={plans.value?.items} runs={runs?.items} />
      </div>
      <RunsCard title={t('newest_runs')} />
    </div>
  );
}
