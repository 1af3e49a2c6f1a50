// map.tsx - the assurance map: every control and clause by computed status, one click to its trail.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { go, href, query, setQuery } from '../base/router';
import { showAgo, showTime } from '../base/time';
import { VerifyLeaf } from '../proof/panel';
import type { Row } from '../records/types';
import { RefLink } from '../records/values';
import { english, showNumber, t, typeLabel, valueLabel } from '../text/text';
import { Button, Card, Empty, LinkButton, Loading, Page, ProblemNote } from '../ui/basics';
import { AsOf } from '../ui/asof';
import { Status, statusTone, ToneMark } from '../ui/status';
import type { ViewProps } from './routes';
import { can } from './session';
import { type SoaEntry, type Standing, type StandingItem, STATUSES, type TrailStep } from './standing';

/* "A.6.2.4" belongs to group A.6, "9.2.1" to clause 9. */
const groupOf = (x: StandingItem) => (x.kind === 'control' ? x.id.split('.').slice(0, 2).join('.') : (x.id.split('.')[0] ?? ''));

/* The control whose trail was closed: its tile is where the person goes on. */
let left = '';

function Tile({ item, picked }: { item: StandingItem; picked: boolean }) {
  return (
    <a class={`tile s-${item.status}`} href={href('map', item.id)} aria-current={picked ? 'true' : undefined} data-land={left === item.id || undefined} title={`${item.id} ${item.title}: ${valueLabel(item.status)}`}>
      <span class="tile-id">{item.id}</span>
      <ToneMark tone={statusTone(item.status) ?? 'quiet'} />
      <span class="hidden"><span {...english()}>{item.title}</span>, {valueLabel(item.status)}</span>
    </a>
  );
}

function Groups({ items, picked, only }: { items: StandingItem[]; picked: string | undefined; only: string | null }) {
  return (
    <div class="map-groups">
      {[...Map.groupBy(items, groupOf)].map(([group, all]) => (
        <div key={group} class="map-group" role="group" aria-label={group}>
          <h3>{group}</h3>
          <div class="tiles">
            {all.map((x) => (
              <div key={x.id} class={only && only !== x.status ? 'dim' : ''}><Tile item={x} picked={x.id === picked} /></div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function Legend({ counts, only }: { counts: Record<string, number>; only: string | null }) {
  return (
    <div class="legend" role="group" aria-label={t('legend')}>
      {STATUSES.map((s) => (
        <Button key={s} pressed={only === s} onClick={() => setQuery({ status: only === s ? undefined : s })}>
          <Status value={s} /> {showNumber(counts[s] ?? 0)}
        </Button>
      ))}
    </div>
  );
}

function Step({ step }: { step: TrailStep }) {
  return (
    <li class="trail-step">
      <p>
        {step.verdict && <Status value={step.verdict} />} <strong>{step.kind ? valueLabel(step.kind) : t('record')}</strong>
        {step.observed_at && <> · <time dateTime={step.observed_at} title={showTime(step.observed_at)}>{showAgo(step.observed_at)}</time></>}
        {step.fresh_until && <> · {Date.parse(step.fresh_until) < Date.now() ? t('stale_since', { at: showAgo(step.fresh_until) }) : t('fresh_until', { at: showAgo(step.fresh_until) })}</>}
      </p>
      <ol class="chain">
        {step.plan && <li>{t('plan')}: <a href={href('plans', step.plan)}>{step.plan}</a></li>}
        {step.measurement && <li>{t('measurement')}: <a href={href('measurements', step.measurement)}>#{step.measurement}</a></li>}
        {step.model_sha256 && <li>{t('model')}: <code>{step.model_sha256}</code></li>}
        {step.dataset_sha256 && <li>{t('data')}: <code>{step.dataset_sha256}</code></li>}
        {step.leaf !== null && <li>{t('log')}: {can('audit') ? <a href={href('log', step.leaf)}>{t('leaf_n', { n: step.leaf })}</a> : t('leaf_n', { n: step.leaf })}</li>}
      </ol>
      {step.leaf !== null && can('audit') && <VerifyLeaf leaf={step.leaf} />}
    </li>
  );
}

function Trail({ item }: { item: StandingItem }) {
  left = '';
  const soa = useResource<{ controls: SoaEntry[] }>('/soa?format=json');
  const control = useResource<{ items: Row[] }>(item.kind === 'control' ? `/controls?control=${encodeURIComponent(item.id)}&limit=1` : null);
  const entry = soa.value?.controls.find((c) => c.control === item.id);
  const row = control.value?.items[0];
  return (
    <Card wide title={<span tabIndex={-1} data-land>{item.id} <span {...english()}>{item.title}</span></span>} actions={<Button icon="close" label={t('close')} onClick={() => {
      left = item.id;
      go(href('map'));
    }} />}>
      <p><Status value={item.status} /> {t(`means_${item.status}` as 'means_proven')}</p>
      <p class="hint">
        {item.owner && <>{t('owner')}: {item.owner} · </>}
        {t('n_evidence', { n: showNumber(item.evidence) })} · {t('n_findings', { n: showNumber(item.open_findings) })}
        {row && <> · <RefLink plural="controls" id={row.id} /></>}
      </p>
      {entry?.reason && <p>{entry.reason}</p>}
      {entry && entry.trail.length > 0 && <ol class="trail">{entry.trail.map((s, i) => <Step key={i} step={s} />)}</ol>}
      {entry && entry.trail.length === 0 && (
        <div class="stack">
          <p class="none">{t('no_trail')}</p>
          {can('edit') && (
            <p class="row">
              {item.kind === 'control' && <LinkButton to={`${href('controls')}?edit=${encodeURIComponent(item.id)}`} icon="edit">{t('decide_on_it')}</LinkButton>}
              <LinkButton to={href('plans', 'new')} icon="measure">{t('new_plan')}</LinkButton>
              <LinkButton to={href('evidence', 'new')} icon="add">{t('add', { what: typeLabel('Evidence') })}</LinkButton>
            </p>
          )}
        </div>
      )}
    </Card>
  );
}

export function AssuranceMap({ rest }: ViewProps) {
  const at = query.value.get('at');
  const { value, problem } = useResource<Standing>(at ? `/status?at=${encodeURIComponent(at)}` : '/status');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const picked = rest[0];
  const item = value.items.find((x) => x.id === picked);
  const only = query.value.get('status');
  const counts: Record<string, number> = {};
  for (const x of value.items) counts[x.status] = (counts[x.status] ?? 0) + 1;
  return (
    <Page title={t('nav_map')} lead={t('map_lead', { at: showTime(value.at) })} actions={<AsOf name="at" value={at} />}>
      <Legend counts={counts} only={only} />
      {picked && !item && <Empty title={t('no_such_control', { id: picked })} />}
      {item && <Trail key={item.id} item={item} />}
      <h2>{t('controls')}</h2>
      <Groups items={value.items.filter((x) => x.kind === 'control')} picked={picked} only={only} />
      <h2>{t('clauses')}</h2>
      <Groups items={value.items.filter((x) => x.kind === 'clause')} picked={picked} only={only} />
    </Page>
  );
}
