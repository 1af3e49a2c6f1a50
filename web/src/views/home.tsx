// home.tsx - where everybody begins: the view of their role, or the first steps of a new organisation.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { query, setQuery } from '../base/router';
import { type Key, showNumber, t } from '../text/text';
import { Loading, Page, ProblemNote, Tabs } from '../ui/basics';
import { AuditorHome } from './home_auditor';
import { EngineerHome } from './home_engineer';
import { LeadHome, StandingCard } from './home_lead';
import { OperatorHome } from './home_operator';
import { FirstSteps, useFirstSteps } from './home_start';
import { can, me } from './session';
import type { Standing } from './standing';

type Home = 'lead' | 'engineer' | 'auditor' | 'operator';
const HOMES: Home[] = ['lead', 'engineer', 'auditor', 'operator'];
const LEADS: Record<Home, Key> = { lead: 'home_lead', engineer: 'home_engineer', auditor: 'home_auditor', operator: 'home_operator' };

/** By the role of the account; a token or an older server tells it by what it may. */
export function homeOf(role: string | null | undefined, may: typeof can): Home {
  if (HOMES.includes(role as Home)) return role as Home;
  if (role === 'administrator' || may('approve')) return 'lead';
  return may('edit') ? 'engineer' : may('audit') ? 'auditor' : 'operator';
}

const KEY = () => `aims.home.${me.value?.account}`;

function chosen(): Home {
  const asked = query.value.get('as') ?? localStorage.getItem(KEY());
  return HOMES.includes(asked as Home) ? (asked as Home) : homeOf(me.value?.role, can);
}

function choose(home: string): void {
  localStorage.setItem(KEY(), home);
  setQuery({ as: home });
}

/** Whoever took the first steps here sees them to the end; whoever came later never sees them. */
function isEarly(steps: { done: boolean; text: Key }[]): boolean {
  const open = steps.filter((s) => !s.done);
  const key = `aims.start.${me.value?.account}`;
  if (open.some((s) => s.text !== 'start_proof')) localStorage.setItem(key, 'begun');
  else if (!open.length) localStorage.removeItem(key);
  return open.length > 0 && localStorage.getItem(key) === 'begun';
}

export function Home() {
  const { value, problem } = useResource<Standing>('/status');
  const steps = useFirstSteps();
  if (!value || !steps) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const at = chosen();
  const early = isEarly(steps);
  if (early)
    return (
      <Page title={t('start_welcome')}>
        <div class="cards"><FirstSteps steps={steps} /><StandingCard standing={value} /></div>
      </Page>
    );
  return (
    <Page title={t('home_title')} lead={t(LEADS[at], { proven: showNumber(value.controls.proven ?? 0), failing: showNumber(value.controls.failing ?? 0) })}>
      <Tabs at={at} onPick={choose} tabs={HOMES.map((id) => ({ id, label: t(`as_${id}` as 'as_lead') }))} />
      {at === 'lead' ? <LeadHome standing={value} /> : at === 'engineer' ? <EngineerHome /> : at === 'auditor' ? <AuditorHome standing={value} /> : <OperatorHome />}
    </Page>
  );
}
