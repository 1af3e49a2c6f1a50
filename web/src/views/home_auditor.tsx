// home_auditor.tsx - the home of whoever checks: the scope, the trails, the signed checkpoint, the bag to take along.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import { BagMaker } from '../proof/bag';
import { VerifyLeaf } from '../proof/panel';
import { Members } from '../records/record';
import { typeByName } from '../records/types';
import { showNumber, t } from '../text/text';
import { Card, LinkButton, Loading } from '../ui/basics';
import { Status } from '../ui/status';
import { StandingCard } from './home_lead';
import type { Items } from './home_parts';
import { can } from './session';
import type { SoaEntry, Standing } from './standing';

const SCOPE = ['name', 'scope', 'exclusions', 'sites', 'ai_roles', 'scope_approved_by', 'scope_approved_on', 'review_on'];

function Scope() {
  const { value } = useResource<Items>('/organisations?limit=1');
  const type = typeByName('organisation');
  const row = value?.items[0];
  return (
    <Card wide title={t('scope')} actions={row && <LinkButton to={`${href('organisations', row.id)}?tab=history`} icon="history">{t('history')}</LinkButton>}>
      {!value ? <Loading /> : row && type ? <Members type={type} row={row} only={SCOPE} /> : <p class="none">{t('no_scope')}</p>}
    </Card>
  );
}

function Trails({ soa }: { soa: SoaEntry[] | undefined }) {
  const proved = soa?.filter((c) => c.trail.some((s) => s.leaf !== null)) ?? [];
  return (
    <Card title={t('trails')}>
      {!soa ? <Loading /> : (
        <>
          <p class="hint">{t('n_trails', { n: showNumber(proved.length), all: showNumber(soa.length) })}</p>
          <ul class="trail-list">
            {proved.map((c) => <li key={c.control}><a href={href('map', c.control)}>{c.control}</a> <Status value={c.status} /></li>)}
          </ul>
        </>
      )}
    </Card>
  );
}

function Checkpoint() {
  const { value } = useResource<{ origin: string; size: number }>('/log');
  return (
    <Card title={t('checkpoint')} actions={can('audit') && <LinkButton to={href('log')} icon="log">{t('nav_log')}</LinkButton>}>
      {!value ? <Loading /> : (
        <>
          <p><bdi>{value.origin}</bdi> · {t('n_leaves', { n: showNumber(value.size) })}</p>
          {can('audit') && value.size > 0 && <VerifyLeaf key={value.size} leaf={value.size - 1} />}
        </>
      )}
    </Card>
  );
}

export function AuditorHome({ standing }: { standing: Standing }) {
  const soa = useResource<{ controls: SoaEntry[] }>('/soa?format=json');
  return (
    <div class="cards">
      <Scope />
      <StandingCard standing={standing} />
      <Trails soa={soa.value?.controls} />
      <div class="card-column">
        <Checkpoint />
        {can('audit') && <Card title={t('bag')}><BagMaker /></Card>}
      </div>
    </div>
  );
}
