// home_start.tsx - the first steps of an organisation that has nothing yet: one after the other, done ones ticked.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import { hasVerified } from '../proof/verify';
import type { Row } from '../records/types';
import { type Key, showNumber, t } from '../text/text';
import { Card, LinkButton } from '../ui/basics';
import { ToneMark } from '../ui/status';
import { can } from './session';

interface Item {
  text: Key;
  why: Key;
  done: boolean;
  to: string;
}

const useNewest = (plural: string) => useResource<{ items: Row[] }>(`/${plural}?brief=true&limit=1`).value?.items;

/** The steps in order; null while it is not known yet. */
export function useFirstSteps(): Item[] | null {
  const organisation = useNewest('organisations');
  const person = useNewest('people');
  const system = useNewest('systems');
  const dataset = useNewest('datasets');
  const data = useNewest('dataset-versions');
  const plan = useNewest('plans');
  const run = useNewest('measurements');
  const head = useResource<{ size: number }>('/log').value;
  const measured = useResource<{ items: { seq: number }[] }>(can('audit') ? '/log/acts?act=measurement.add&limit=1' : null).value?.items[0];
  if (!organisation || !person || !system || !dataset || !data || !plan || !run || !head) return null;
  const forData = dataset[0] ? `${href('dataset-versions', 'new')}?dataset=${dataset[0].id}` : href('datasets', 'new');
  const forPlan = `${href('plans', 'new')}?active=true&fresh_days=180${system[0] ? `&system=${system[0].id}` : ''}${data[0] ? `&dataset_version=${data[0].id}` : ''}`;
  return [
    { text: 'start_organisation', why: 'start_organisation_why', done: organisation.length > 0, to: href('organisations', 'new') },
    { text: 'start_person', why: 'start_person_why', done: person.length > 0, to: href('people', 'new') },
    { text: 'start_system', why: 'start_system_why', done: system.length > 0, to: `${href('systems', 'new')}?in_scope=true${person[0] ? `&owner=${person[0].id}` : ''}` },
    { text: dataset.length ? 'start_data' : 'start_dataset', why: 'start_data_why', done: data.length > 0, to: forData },
    { text: 'start_plan', why: 'start_plan_why', done: plan.length > 0, to: forPlan },
    { text: 'start_run', why: 'start_run_why', done: run.length > 0, to: plan[0] ? href('plans', plan[0].id) : href('plans') },
    { text: 'start_proof', why: 'start_proof_why', done: hasVerified(), to: href('log', measured?.seq ?? Math.max(0, head.size - 1)) },
  ];
}

export function FirstSteps({ steps }: { steps: Item[] }) {
  const next = steps.find((s) => !s.done);
  return (
    <Card wide title={t('start_title')}>
      <p class="lead">{t('start_lead')}</p>
      <ol class="first-steps">
        {steps.map((s, i) => (
          <li key={s.why} class={s.done ? 'done' : s === next ? 'next' : ''} aria-current={s === next ? 'step' : undefined}>
            <span class="step-mark">{s.done ? <ToneMark tone="good" /> : showNumber(i + 1)}</span>
            <div>
              <strong>{t(s.text)}</strong> {s.done && <span class="hint">{t('step_done')}</span>}
              <p class="hint">{t(s.why)}</p>
            </div>
            {s === next && (can('edit') || s.text === 'start_proof') && <LinkButton to={s.to} tone="main" icon="next">{t('start_do')}</LinkButton>}
          </li>
        ))}
      </ol>
    </Card>
  );
}
