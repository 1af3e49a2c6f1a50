// home_lead.tsx - the home of whoever governs: how it stands, the next best step, what is due, what changed.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import type { Row } from '../records/types';
import { english, showNumber, t, valueLabel } from '../text/text';
import { Card, Loading } from '../ui/basics';
import { Status } from '../ui/status';
import { useDue } from './home_due';
import { type Facts, nextSteps } from './home_next';
import { DueCard, type Items, Recent } from './home_parts';
import { SinceLastVisit } from './home_visit';
import { useRuns } from './runs';
import { can } from './session';
import { type SoaEntry, type Standing, STATUSES } from './standing';

function StatusBar({ counts, label }: { counts: Record<string, number>; label: string }) {
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  return (
    <div class="status-bar">
      <h2>{label} <span class="count">{total}</span></h2>
      <div class="bar" role="group" aria-label={label}>
        {STATUSES.filter((s) => counts[s]).map((s) => (
          <a key={s} class={`s-${s}`} href={`${href('map')}?status=${s}`} style={{ flexGrow: counts[s] ?? 0 }}
            title={`${valueLabel(s)}: ${counts[s]}`} aria-label={`${valueLabel(s)}: ${counts[s]}`}>{counts[s]}</a>
        ))}
      </div>
    </div>
  );
}

/** The picture of the whole; its words follow, so that colour is not alone. */
export function StandingCard({ standing }: { standing: Standing }) {
  const all = [...STATUSES].filter((s) => standing.controls[s] || standing.clauses[s]);
  return (
    <Card wide>
      <StatusBar counts={standing.controls} label={t('controls')} />
      <StatusBar counts={standing.clauses} label={t('clauses')} />
      <p class="row bar-key">{all.map((s) => <Status key={s} value={s} />)}</p>
    </Card>
  );
}

function NextStep({ facts }: { facts: Facts }) {
  const [best, ...then] = nextSteps(facts, can);
  return (
    <Card title={t('next_step')}>
      {!best ? <p class="none">{t('nothing_failing')}</p> : (
        <>
          <p class="next-step"><a href={best.to}>{t(best.text, best.fill)}</a></p>
          {then.length > 0 && <h3 class="small">{t('then')}</h3>}
          <ul class="plain-list">{then.slice(0, 4).map((s) => <li key={s.text}><a href={s.to}>{t(s.text, s.fill)}</a></li>)}</ul>
        </>
      )}
    </Card>
  );
}

function Attention({ standing, findings }: { standing: Standing; findings: Row[] }) {
  const bad = standing.items.filter((x) => x.status === 'failing' || x.status === 'stale');
  return (
    <Card title={t('needs_attention')}>
      {bad.length === 0 && findings.length === 0 && <p class="none">{t('nothing_failing')}</p>}
      <ul class="plain-list">
        {bad.slice(0, 8).map((x) => <li key={x.id}><Status value={x.status} /> <a href={href('map', x.id)}>{x.id} <span {...english()}>{x.title}</span></a></li>)}
        {bad.length > 8 && <li><a href={href('map')}>{t('and_more', { n: showNumber(bad.length - 8) })}</a></li>}
        {findings.slice(0, 5).map((f) => <li key={`f${f.id}`}><Status value={String(f.grade)} /> <a href={href('findings', f.id)}><bdi>{String(f.name)}</bdi></a></li>)}
        {findings.length > 5 && <li><a href={href('findings')}>{t('and_more', { n: showNumber(findings.length - 5) })}</a></li>}
      </ul>
    </Card>
  );
}

export function LeadHome({ standing }: { standing: Standing }) {
  const soa = useResource<{ controls: SoaEntry[] }>('/soa?format=json');
  const findings = useResource<Items>('/findings?status=open&limit=500');
  const systems = useResource<Items>('/systems?limit=500');
  const plans = useResource<Items>('/plans?limit=500');
  const runs = useRuns();
  const due = useDue(soa.value?.controls);
  const all = soa.value && findings.value && systems.value && plans.value && runs;
  return (
    <div class="cards">
      <StandingCard standing={standing} />
      <div class="card-column">
        {all ? (
          <NextStep facts={{
            standing, soa: soa.value?.controls ?? [], findings: findings.value?.items ?? [], systems: systems.value?.items ?? [],
            plans: plans.value?.items ?? [], runs: runs?.items ?? [], due: due.due, now: Date.now(),
          }} />
        ) : <Card title={t('next_step')}><Loading /></Card>}
        <Attention standing={standing} findings={findings.value?.items ?? []} />
      </div>
      <div class="card-column">
        <DueCard {...due} />
        <SinceLastVisit standing={standing} />
        <Recent />
      </div>
    </div>
  );
}
