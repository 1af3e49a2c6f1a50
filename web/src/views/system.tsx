// system.tsx - one AI system: card, what feeds it, its risks, its measurements over time, its controls.
// SPDX-License-Identifier: Apache-2.0

import { useResource, useResources } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { type Box, type Edge, Flow } from '../charts/flow';
import { Timeline } from '../charts/timeline';
import { History, Members } from '../records/record';
import type { RecordType, Row } from '../records/types';
import { useRows } from '../records/rows';
import { RefLink, Value } from '../records/values';
import { fieldLabel, t, typeLabels, valueLabel } from '../text/text';
import { Card, LinkButton, Loading, Page, ProblemNote, Tabs } from '../ui/basics';
import { Status } from '../ui/status';
import { can } from './session';
import type { SoaEntry } from './standing';
import { Completeness } from './systems';

interface Items {
  items: Row[];
}
const ids = (v: unknown): number[] => (Array.isArray(v) ? (v as number[]) : []);

/** Data, training, model, endpoint, users: from what the records name. */
function graph(system: Row, models: Row[], mine: Row[], datasets: Row[], trainedOn: Row[]): { boxes: Box[]; edges: Edge[] } {
  const boxes: Box[] = [];
  const edges: Edge[] = [];
  const add = (b: Box) => boxes.some((x) => x.id === b.id) || boxes.push(b);
  for (const d of datasets) add({ id: `d${d.id}`, column: 0, label: String(d.name), kind: t('data'), to: href('datasets', d.id) });
  for (const v of trainedOn) {
    add({ id: `v${v.id}`, column: 1, label: String(v.name), kind: t('training'), to: href('dataset-versions', v.id) });
    edges.push({ from: `d${v.dataset}`, to: `v${v.id}` });
  }
  for (const v of mine) {
    add({ id: `m${v.id}`, column: 2, label: String(v.name), kind: t('model'), to: href('model-versions', v.id) });
    if (v.trained_on) edges.push({ from: `v${v.trained_on}`, to: `m${v.id}` });
    if (v.status === 'deployed') edges.push({ from: `m${v.id}`, to: 'system' });
  }
  for (const m of models.filter((x) => !mine.some((v) => v.model === x.id))) {
    add({ id: `M${m.id}`, column: 2, label: String(m.name), kind: t('model'), to: href('models', m.id) });
    edges.push({ from: `M${m.id}`, to: 'system' });
  }
  add({ id: 'system', column: 3, label: String(mine.find((v) => v.endpoint)?.endpoint ?? system.name), kind: t('endpoint'), to: undefined });
  const people: string[] = [...((system.intended_users as string[]) ?? []), ...((system.affected_groups as string[]) ?? [])];
  people.forEach((who, i) => {
    add({ id: `u${i}`, column: 4, label: who, kind: i < ((system.intended_users as string[])?.length ?? 0) ? t('users') : t('affected') });
    edges.push({ from: 'system', to: `u${i}` });
  });
  return { boxes, edges };
}

const unique = (all: unknown[]): number[] => [...new Set(all.filter((x) => typeof x === 'number'))];

/** The versions of the system's models, newest first. */
function useVersions(system: Row): Row[] | undefined {
  const all = useResources<Items>(ids(system.models).map((id) => `/model-versions?model=${id}&limit=500`));
  return all.every((r) => r.value) ? all.flatMap((r) => r.value?.items ?? []) : undefined;
}

function Lineage({ row }: { row: Row }) {
  const models = useRows('models', ids(row.models));
  const versions = useVersions(row);
  const trainedOn = useRows('dataset-versions', versions && unique(versions.map((v) => v.trained_on)));
  const datasets = useRows('datasets', trainedOn && unique([...ids(row.datasets), ...trainedOn.map((v) => v.dataset)]));
  if (!models || !versions || !trainedOn || !datasets) return <Loading />;
  const { boxes, edges } = graph(row, models, versions, datasets, trainedOn);
  return <Flow title={t('what_feeds_it')} boxes={boxes} edges={edges} columns={[t('data'), t('training'), t('model'), t('endpoint'), t('people')]} />;
}

function Measured({ row }: { row: Row }) {
  const all = useResource<Items>(`/measurements?system=${row.id}&brief=true&limit=500`);
  const plans = useResource<Items>(`/plans?system=${row.id}&limit=200`);
  if (!all.value || !plans.value) return <Loading />;
  if (!all.value.items.length) return <p class="none">{t('never_measured')}</p>;
  const nameOf = (id: unknown) => String(plans.value?.items.find((p) => p.id === id)?.name ?? t('without_plan'));
  const lines = [...Map.groupBy(all.value.items, (m) => nameOf(m.plan))].map(([label, ms]) => ({
    label, runs: ms.map((m) => ({ at: String(m.started_at), verdict: String(m.verdict), to: href('measurements', m.id) })),
  }));
  return <Timeline title={t('measured_over_time')} lines={lines} />;
}

function Controls({ row }: { row: Row }) {
  const soa = useResource<{ controls: SoaEntry[] }>('/soa?format=json');
  const mine = useResource<Items>(`/measurements?system=${row.id}&brief=true&limit=500`);
  if (!soa.value || !mine.value) return <Loading />;
  const names = new Set(mine.value.items.map((m) => String(m.id)));
  const served = soa.value.controls.filter((c) => c.trail.some((s) => s.measurement !== null && names.has(String(s.measurement))));
  if (!served.length) return <p class="none">{t('serves_none')}</p>;
  return <ul class="plain-list">{served.map((c) => <li key={c.control}><Status value={c.status} /> <a href={href('map', c.control)}>{c.control}</a></li>)}</ul>;
}

function Related({ plural, row, what }: { plural: string; row: Row; what: (r: Row) => preact.ComponentChildren }) {
  const { value } = useResource<Items>(`/${plural}?system=${row.id}&limit=100`);
  if (!value) return <Loading />;
  if (!value.items.length) return <p class="none">{t('none_here')}</p>;
  return <ul class="plain-list">{value.items.map((r) => <li key={r.id}>{what(r)} <RefLink plural={plural} id={r.id} /></li>)}</ul>;
}

const CARD = ['purpose', 'owner', 'risk_class', 'risk_class_reason', 'autonomy', 'oversight', 'stage', 'roles', 'deployed_on', 'review_on', 'suppliers'];

export function SystemView({ type, id }: { type: RecordType; id: string }) {
  const { value: row, problem } = useResource<Row>(`/systems/${encodeURIComponent(id)}`);
  const tab = query.value.get('tab') ?? 'overview';
  if (!row) return problem ? <Page title={typeLabels(type.title, type.plural)}><ProblemNote problem={problem} /></Page> : <Loading />;
  return (
    <Page title={String(row.name)} lead={<>{valueLabel(String(row.stage))} {row.risk_class ? <Status value={String(row.risk_class)} /> : null} <Completeness type={type} row={row} /></>} actions={
      <>
        <LinkButton to={href('systems', row.id, 'record')} icon="history">{t('record')}</LinkButton>
        {can('edit') && <LinkButton to={`${href('plans', 'new')}?system=${row.id}&active=true`} icon="measure">{t('new_plan')}</LinkButton>}
        {can('edit') && <LinkButton to={href('systems', row.id, 'edit')} icon="edit" tone="main">{t('edit')}</LinkButton>}
      </>
    }>
      <Tabs at={tab} onPick={(x) => setQuery({ tab: x === 'overview' ? undefined : x })} tabs={[
        { id: 'overview', label: t('overview') }, { id: 'card', label: t('card') }, { id: 'history', label: t('history') },
      ]} />
      {tab === 'overview' && (
        <div class="cards">
          <Card wide><Lineage row={row} /></Card>
          <Card wide><Measured row={row} /></Card>
          <Card title={t('controls_served')}><Controls row={row} /></Card>
          <Card title={t('nav_risks')}><Related plural="risks" row={row} what={(r) => <Status value={String(r.status)} />} /></Card>
          <Card title={t('open_findings')}><Related plural="findings" row={row} what={(r) => <Status value={String(r.status)} />} /></Card>
          <Card title={t('nav_plans')}><Related plural="plans" row={row} what={(r) => <span class="hint">{valueLabel(String(r.kind))}</span>} /></Card>
          <Card title={fieldLabel('suppliers')}><Value field={{ name: 'suppliers', type: 'links', doc: '', required: false, unique: false, read_only: true, personal: false, filter: false, ref: 'suppliers' }} value={row.suppliers} /></Card>
        </div>
      )}
      {tab === 'card' && <Card wide><Members type={type} row={row} only={[...CARD, 'intended_users', 'affected_groups', 'in_scope', 'scope_reason', 'models', 'datasets']} /></Card>}
      {tab === 'history' && <Card wide><History type={type} row={row} /></Card>}
    </Page>
  );
}
