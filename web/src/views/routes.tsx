// routes.tsx - which view an address shows, and what the navigation offers.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from 'preact';
import { type RecordType, typeByPlural } from '../records/types';
import { query } from '../base/router';
import { EditRecord, NewRecord, RecordView } from '../records/record';
import { RecordList } from '../records/list';
import { setSpecial } from '../records/special';
import { type Key, t } from '../text/text';
import { Empty, LinkButton } from '../ui/basics';
import type { IconName } from '../ui/icon';
import { Home } from './home';
import { lazy } from './lazy';
import type { Capability } from './session';

export interface ViewProps {
  /** What follows the view's own name in the address. */
  rest: string[];
}

interface View {
  at: string;
  label: Key;
  icon: IconName;
  show: ComponentType<ViewProps>;
  needs?: Capability;
}

/** Views of their own; every other first part of an address is the plural of a record type. */
export const views: View[] = [
  { at: 'map', label: 'nav_map', icon: 'map', show: lazy(async () => (await import('./map')).AssuranceMap) },
  { at: 'crosswalk', label: 'nav_frameworks', icon: 'frameworks', show: lazy(async () => (await import('./frameworks')).Frameworks) },
  { at: 'admin', label: 'nav_admin', icon: 'admin', show: lazy(async () => (await import('./admin')).Administration) },
  { at: 'account', label: 'my_account', icon: 'people', show: lazy(async () => (await import('./account')).MyAccount) },
  { at: 'log', label: 'nav_log', icon: 'log', needs: 'audit', show: lazy(async () => (await import('./log')).LogExplorer) },
];

/** Types whose single record is shown by a view of its own; /record after it shows the plain record. */
const singles: Record<string, ComponentType<{ type: RecordType; id: string }>> = {
  measurements: lazy(async () => (await import('./measurement')).MeasurementView),
  systems: lazy(async () => (await import('./system')).SystemView),
  documents: lazy(async () => (await import('./document')).DocumentView),
  plans: lazy(async () => (await import('./plan')).PlanView),
};

/* Members of plans follow the kind of measurement. */
setSpecial('plan', 'kind', lazy(async () => (await import('./plan_form')).KindField));
setSpecial('plan', 'reference_version', lazy(async () => (await import('./plan_form')).ReferenceField));
setSpecial('plan', 'parameters', lazy(async () => (await import('./plan_form')).ParametersField));
setSpecial('plan', 'limits', lazy(async () => (await import('./plan_limits')).LimitsField));

/** Types whose list is a picture; ?list=all shows the plain list. */
const lists: Record<string, ComponentType<{ type: RecordType }>> = {
  systems: lazy(async () => (await import('./systems')).SystemList),
  risks: lazy(async () => (await import('./risks')).RiskList),
  controls: lazy(async () => (await import('./soa')).StatementOfApplicability),
  findings: lazy(async () => (await import('./findings')).FindingsBoard),
};
const isPlain = () => ['list', 'q', 'as_of', 'retired'].some((k) => query.value.has(k));

/** The navigation: views and record types people go to directly, in the order of their work. */
export const menu: { at: string; label?: Key; icon: IconName; needs?: Capability }[] = [
  { at: '', label: 'nav_home', icon: 'home' },
  { at: 'map', label: 'nav_map', icon: 'map' },
  { at: 'systems', icon: 'systems' },
  { at: 'measurements', icon: 'measure' },
  { at: 'plans', icon: 'measure' },
  { at: 'risks', icon: 'risk' },
  { at: 'controls', label: 'nav_soa', icon: 'soa' },
  { at: 'crosswalk', label: 'nav_frameworks', icon: 'frameworks' },
  { at: 'documents', icon: 'document' },
  { at: 'findings', icon: 'finding' },
  { at: 'log', label: 'nav_log', icon: 'log', needs: 'audit' },
  { at: 'admin', label: 'nav_admin', icon: 'admin' },
];

function NoSuchPage() {
  return (
    <Empty whole title={t('no_such_page')} text={t('no_such_page_text')}>
      <LinkButton to="/" tone="main">{t('nav_home')}</LinkButton>
    </Empty>
  );
}

function RecordRoute({ parts }: { parts: string[] }) {
  const type = typeByPlural(parts[0] ?? '');
  const [, id, verb] = parts;
  if (!type || parts.length > 3) return <NoSuchPage />;
  const List = lists[type.plural];
  if (id === undefined) return List && !isPlain() ? <List type={type} /> : <RecordList key={type.plural} type={type} />;
  if (id === 'new' && verb === undefined && !type.read_only) return <NewRecord type={type} />;
  if (verb === 'edit' && !type.read_only) return <EditRecord key={id} type={type} id={id} />;
  const Single = singles[type.plural];
  if (Single && verb === undefined && !query.value.get('as_of')) return <Single key={`${type.plural}/${id}`} type={type} id={id} />;
  return verb === undefined || (Single && verb === 'record') ? <RecordView key={`${type.plural}/${id}`} type={type} id={id} /> : <NoSuchPage />;
}

export function Route({ parts }: { parts: string[] }) {
  const [first, ...rest] = parts;
  if (first === undefined) return <Home />;
  const view = views.find((v) => v.at === first);
  if (view) {
    const Show = view.show;
    return <Show rest={rest} />;
  }
  return <RecordRoute parts={parts} />;
}
