// systems.tsx - the inventory of AI systems: what is known of each, and how it measures up.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { go, href } from '../base/router';
import { usePages } from '../records/pages';
import type { RecordType, Row } from '../records/types';
import { RefLink } from '../records/values';
import { fieldLabel, t, typeLabel, typeLabels, valueLabel } from '../text/text';
import { Empty, LinkButton, Loading, Page, ProblemNote } from '../ui/basics';
import { Grid } from '../ui/grid';
import { Status } from '../ui/status';
import { type Runs, useRuns, verdictOf } from './runs';
import { can } from './session';

const NO_FILTERS = {};

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

/** Where there are more runs than were read, a system that is not among them is asked for by itself. */
function Measured({ system, runs }: { system: number; runs: Runs | undefined }) {
  const known = runs && verdictOf(runs.items, system);
  const own = useResource<Runs>(runs?.next && !known ? `/measurements?system=${system}&brief=true&limit=100` : null);
  if (!runs || own.loading) return null;
  const verdict = known ?? verdictOf(own.value?.items ?? [], system);
  return verdict ? <Status value={verdict} /> : <span class="none">{t('never')}</span>;
}

export function SystemList({ type }: { type: RecordType }) {
  const systems = usePages(type, NO_FILTERS);
  const runs = useRuns();
  if (systems.problem) return <ProblemNote problem={systems.problem} />;
  if (systems.total === undefined) return <Loading />;
  return (
    <Page title={typeLabels(type.title, type.plural)} lead={t('systems_lead')} actions={
      <>
        <LinkButton to={`${href('systems')}?list=all`}>{t('as_list')}</LinkButton>
        {can('edit') && <LinkButton to={href('systems', 'new')} icon="add" tone="main">{t('add', { what: typeLabel(type.title) })}</LinkButton>}
      </>
    }>
      {systems.total === 0 ? (
        <Empty title={t('none_yet', { what: typeLabels(type.title, type.plural) })} text={t('systems_empty')}>
          {can('edit') && <LinkButton to={href('systems', 'new')} icon="add" tone="main">{t('add_first', { what: typeLabel(type.title) })}</LinkButton>}
        </Empty>
      ) : (
        <Grid rows={systems.rows} total={systems.total} onEnd={systems.readMore} keyOf={(r) => r.id} linkOf={(r) => href('systems', r.id)} onOpen={(r) => go(href('systems', r.id))}
          label={typeLabels(type.title, type.plural)} columns={[
          { id: 'name', label: fieldLabel('name'), cell: (r) => <bdi>{String(r.name)}</bdi> },
          { id: 'class', label: fieldLabel('risk_class'), cell: (r) => (r.risk_class ? <Status value={String(r.risk_class)} /> : '–') },
          { id: 'stage', label: fieldLabel('stage'), cell: (r) => valueLabel(String(r.stage)) },
          { id: 'scope', label: fieldLabel('in_scope'), cell: (r) => (r.in_scope ? t('yes') : t('no')) },
          { id: 'owner', label: fieldLabel('owner'), cell: (r) => <RefLink plural="people" id={Number(r.owner)} /> },
          { id: 'measured', label: t('measured'), cell: (r) => <Measured system={r.id} runs={runs} /> },
          { id: 'complete', label: t('completeness'), cell: (r) => <Completeness type={type} row={r} /> },
        ]} />
      )}
    </Page>
  );
}
