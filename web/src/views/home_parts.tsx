// home_parts.tsx - what the homes of several roles show: what is due, runs, plans, what just happened.
// SPDX-License-Identifier: Apache-2.0

import { happened } from '../base/live';
import { useResource } from '../base/resource';
import { href } from '../base/router';
import { showAgo, showDate } from '../base/time';
import { type Row, typeByName } from '../records/types';
import { RefLink } from '../records/values';
import { fieldLabel, showNumber, t, typeLabel, valueLabel } from '../text/text';
import { Card, Loading } from '../ui/basics';
import { Status } from '../ui/status';
import type { Due } from './home_due';
import { newestRun } from './home_next';

export interface Items {
  items: Row[];
}
const DAY = 86400e3;

const dayOf = (at: number) => new Date(at - 1).toISOString().slice(0, 10);

export function DueCard({ due, partial, loading, most = 10 }: { due: Due[]; partial: boolean; loading: boolean; most?: number }) {
  return (
    <Card title={t('what_is_due')}>
      {loading && <Loading />}
      {!loading && due.length === 0 && <p class="none">{t('nothing_due')}</p>}
      <ul class="plain-list">
        {due.slice(0, most).map((d) => (
          <li key={`${d.to}${d.member}`}>
            <span class={`status ${d.at < Date.now() ? 'bad' : 'quiet'}`}>{d.at < Date.now() ? t('late') : t('soon')}</span>{' '}
            <a href={d.to}><bdi>{d.name}</bdi></a>
            <span class="hint"> {fieldLabel(d.member)} {showDate(dayOf(d.at))}</span>
          </li>
        ))}
        {due.length > most && <li class="hint">{t('and_more', { n: showNumber(due.length - most) })}</li>}
      </ul>
      {partial && <p class="hint">{t('due_partial')}</p>}
    </Card>
  );
}

export function RunsCard({ title, most = 8 }: { title: string; most?: number }) {
  const runs = useResource<Items>(`/measurements?brief=true&limit=${most}`).value?.items;
  return (
    <Card title={title}>
      {!runs ? <Loading /> : runs.length === 0 ? <p class="none">{t('never_measured_any')}</p> : (
        <ul class="plain-list">
          {runs.map((m) => (
            <li key={m.id}>
              <Status value={String(m.verdict)} /> <a href={href('measurements', m.id)}>{valueLabel(String(m.kind))}</a>{' '}
              {m.plan ? <RefLink plural="plans" id={Number(m.plan)} /> : null} <span class="hint">{showAgo(String(m.started_at))}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** When a plan must run next: after its rhythm, at the latest when its result is no longer fresh; 0: never run. */
export function runDue(plan: Row, run: Row | undefined): number {
  if (!run) return 0;
  return Date.parse(String(run.started_at)) + Math.min(Number(plan.every_days ?? Infinity), Number(plan.fresh_days)) * DAY;
}

export function PlansDue({ plans, runs, days = 30 }: { plans: Row[] | undefined; runs: Row[] | undefined; days?: number }) {
  const due = plans && runs ? plans.filter((p) => p.active === true).map((p) => ({ plan: p, at: runDue(p, newestRun({ runs }, p)) }))
    .filter((x) => x.at < Date.now() + days * DAY).sort((a, b) => a.at - b.at) : undefined;
  return (
    <Card title={t('plans_due')}>
      {!due ? <Loading /> : due.length === 0 ? <p class="none">{t('no_plans_due')}</p> : (
        <ul class="plain-list">
          {due.slice(0, 10).map(({ plan, at }) => (
            <li key={plan.id}>
              <span class={`status ${at < Date.now() ? 'bad' : 'quiet'}`}>{at === 0 ? t('never_ran') : at < Date.now() ? t('late') : t('soon')}</span>{' '}
              <a href={href('plans', plan.id)}><bdi>{String(plan.name)}</bdi></a> {at > 0 && <span class="hint">{showDate(dayOf(at))}</span>}
            </li>
          ))}
          {due.length > 10 && <li class="hint">{t('and_more', { n: showNumber(due.length - 10) })}</li>}
        </ul>
      )}
    </Card>
  );
}

export function Recent() {
  const acts = happened.value.slice(0, 8);
  return (
    <Card title={t('just_happened')}>
      {acts.length === 0 ? <p class="none">{t('quiet_so_far')}</p> : (
        <ol class="plain-list">
          {acts.map((e) => {
            const type = e.type ? typeByName(e.type) : undefined;
            return (
              <li key={e.seq}>
                <span class="hint">{showAgo(e.at)}</span> {valueLabel(e.act.split('.').pop() ?? e.act)}{' '}
                {type && e.id !== undefined ? <>{typeLabel(type.title)} <RefLink plural={type.plural} id={e.id} /></> : e.act}
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}
