// home.tsx - where everybody begins: how it stands, what is due, the next best step.
// SPDX-License-Identifier: Apache-2.0

import { happened } from '../base/live';
import { useResource } from '../base/resource';
import { href } from '../base/router';
import { showAgo } from '../base/time';
import { type Row, typeByName } from '../records/types';
import { RefLink } from '../records/values';
import { showNumber, t, valueLabel } from '../text/text';
import { Card, Loading, Page, ProblemNote } from '../ui/basics';
import { Status } from '../ui/status';
import { type Standing, STATUSES } from './standing';

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

function Recent() {
  const acts = happened.value.slice(0, 8);
  if (!acts.length) return <p class="none">{t('quiet_so_far')}</p>;
  return (
    <ol class="plain-list">
      {acts.map((e) => {
        const type = e.type ? typeByName(e.type) : undefined;
        return (
          <li key={e.seq}>
            <span class="hint">{showAgo(e.at)}</span> {e.act}{' '}
            {type && e.id !== undefined && <RefLink plural={type.plural} id={e.id} />}
          </li>
        );
      })}
    </ol>
  );
}

function Findings() {
  const { value } = useResource<{ items: Row[] }>('/findings?status=open&limit=8');
  if (!value) return <Loading />;
  if (!value.items.length) return <p class="none">{t('no_open_findings')}</p>;
  return (
    <ul class="plain-list">
      {value.items.map((f) => (
        <li key={f.id}><Status value={String(f.grade)} /> <a href={href('findings', f.id)}>{String(f.name)}</a></li>
      ))}
    </ul>
  );
}

export function Home() {
  const { value, problem } = useResource<Standing>('/status');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const bad = value.items.filter((x) => x.status === 'failing' || x.status === 'stale');
  return (
    <Page title={t('home_title')} lead={t('home_lead', { proven: showNumber(value.controls.proven ?? 0), failing: showNumber(value.controls.failing ?? 0) })}>
      <div class="cards">
        <Card wide>
          <StatusBar counts={value.controls} label={t('controls')} />
          <StatusBar counts={value.clauses} label={t('clauses')} />
        </Card>
        <Card title={t('needs_attention')}>
          {bad.length === 0 ? <p class="none">{t('nothing_failing')}</p> : (
            <ul class="plain-list">
              {bad.slice(0, 10).map((x) => (
                <li key={x.id}><Status value={x.status} /> <a href={href('map', x.id)}>{x.id} {x.title}</a></li>
              ))}
            </ul>
          )}
        </Card>
        <Card title={t('open_findings')}><Findings /></Card>
        <Card title={t('just_happened')}><Recent /></Card>
      </div>
    </Page>
  );
}
