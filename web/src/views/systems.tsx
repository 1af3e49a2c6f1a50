// systems.tsx - the inventory of AI systems: what is known of each, and how it measures up.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { go, href } from '../base/router';
import { FirstOf, type Newest, newestOf } from '../records/first_of';
import type { RecordType, Row } from '../records/types';
import { RefLink } from '../records/values';
import { fieldLabel, t, typeLabel, typeLabels, valueLabel } from '../text/text';
import { Empty, LinkButton, Loading, Page, ProblemNote } from '../ui/basics';
import { Grid } from '../ui/grid';
import { Status } from '../ui/status';
import { NEWEST_RUNS, verdictOf } from './runs';
import { can } from './session';

/** Members that the inventory should hold; those of systems out of scope are not asked for. */
export function completeness(type: RecordType, row: Row): { share: number; missing: string[] } {
  const asked = type.fields.filter((f) => !f.read_only && f.name !== 'scope_reason');
  const missing = asked.filter((f) => row[f.name] === undefined).map((f) => f.name);
  return { share: (asked.length - missing.length) / asked.length, missing };
}

export function Completeness({ type, row }: { type: RecordType; row: Row }) {
  const { share, missing } = completeness(type, row);
  const text = `${Math.round(share * 100)} %`;
  return (
    <span class="completeness" title={missing.length ? `${t('missing')}: ${missing.map(fieldLabel).join(', ')}` : t('complete')}>
      <meter min={0} max={1} low={0.6} high={0.9} optimum={1} value={share} aria-label={`${t('completeness')} ${text}`} /> {text}
    </span>
  );
}

export function SystemList({ type }: { type: RecordType }) {
  const systems = useResource<Newest>(newestOf('systems'));
  const measured = useResource<{ items: Row[] }>(NEWEST_RUNS);
  if (!systems.value) return systems.problem ? <ProblemNote problem={systems.problem} /> : <Loading />;
  const rows = systems.value.items;
  return (
    <Page title={typeLabels(type.title, type.plural)} lead={t('systems_lead')} actions={
      <>
        <LinkButton to={`${href('systems')}?list=all`}>{t('as_list')}</LinkButton>
        {can('edit') && <LinkButton to={href('systems', 'new')} icon="add" tone="main">{t('add', { what: typeLabel(type.title) })}</LinkButton>}
      </>
    }>
      <FirstOf page={systems.value} plural="systems" />
      {rows.length === 0 ? (
        <Empty title={t('none_yet', { what: typeLabels(type.title, type.plural) })} text={t('systems_empty')}>
          {can('edit') && <LinkButton to={href('systems', 'new')} icon="add" tone="main">{t('add_first', { what: typeLabel(type.title) })}</LinkButton>}
        </Empty>
      ) : (
        <Grid rows={rows} keyOf={(r) => r.id} linkOf={(r) => href('systems', r.id)} onOpen={(r) => go(href('systems', r.id))} label={typeLabels(type.title, type.plural)} columns={[
          { id: 'name', label: fieldLabel('name'), cell: (r) => <bdi>{String(r.name)}</bdi> },
          { id: 'class', label: fieldLabel('risk_class'), cell: (r) => (r.risk_class ? <Status value={String(r.risk_class)} /> : '–') },
          { id: 'stage', label: fieldLabel('stage'), cell: (r) => valueLabel(String(r.stage)) },
          { id: 'scope', label: fieldLabel('in_scope'), cell: (r) => (r.in_scope ? t('yes') : t('no')) },
          { id: 'owner', label: fieldLabel('owner'), cell: (r) => <RefLink plural="people" id={Number(r.owner)} /> },
          { id: 'measured', label: t('measured'), cell: (r) => { const v = verdictOf(measured.value?.items ?? [], r.id); return v ? <Status value={v} /> : <span class="none">{t('never')}</span>; } },
          { id: 'complete', label: t('completeness'), cell: (r) => <Completeness type={type} row={r} /> },
        ]} />
      )}
    </Page>
  );
}
