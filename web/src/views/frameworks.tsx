// frameworks.tsx - the computed status through the eyes of other frameworks, by the crosswalk.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { english, showNumber, t, valueLabel } from '../text/text';
import { Card, Loading, Page, ProblemNote, Tabs } from '../ui/basics';
import { Status } from '../ui/status';
import type { ViewProps } from './routes';
import type { Standing } from './standing';

interface Framework {
  id: string;
  title: string;
}
interface Mapping {
  source: string;
  framework: string;
  target: string;
  target_title: string;
  relationship: string;
  confidence: string;
  note?: string;
}

/* The six a lead is asked for first; the rest follow in the order of the catalogue. */
const FIRST = ['iso27001-2022', 'nist-csf-2.0', 'nist-ai-rmf-1.0', 'eu-ai-act', 'gdpr', 'ccpa'];

/** The worst status of the controls an entry leans on: one failing control is enough. */
const ORDER = ['failing', 'stale', 'planned', 'declared', 'proven', 'excluded'];
export function worst(statuses: string[]): string {
  return ORDER.find((s) => statuses.includes(s)) ?? 'planned';
}

function Entries({ maps, standing }: { maps: Mapping[]; standing: Standing }) {
  const status = new Map(standing.items.map((x) => [x.id, x.status]));
  const entries = [...Map.groupBy(maps, (m) => m.target)].sort((a, b) => a[0].localeCompare(b[0], undefined, { numeric: true }));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t('nav_frameworks')}>
      <table class="stacked">
        <thead><tr><th>{t('entry')}</th><th>{t('status')}</th><th>{t('controls_behind')}</th></tr></thead>
        <tbody>
          {entries.map(([target, all]) => (
            <tr key={target}>
              <th scope="row" class="in-words">{target} <span class="hint" {...english()}>{all[0]?.target_title}</span></th>
              <td data-label={t('status')}><Status value={worst(all.map((m) => status.get(m.source) ?? 'planned'))} /></td>
              <td class="in-words">
                <ul class="plain-list">
                  {all.map((m) => (
                    <li key={m.source}>
                      <a href={href('map', m.source)}>{m.source}</a> <Status value={status.get(m.source) ?? 'planned'} />{' '}
                      <span class="hint">{valueLabel(m.relationship.replace(/-/g, '_'))}, {t('confidence_is', { what: valueLabel(m.confidence) })}{m.note ? <span {...english()}>{` · ${m.note}`}</span> : null}</span>
                    </li>
                  ))}
                </ul>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Frameworks({ rest }: ViewProps) {
  const all = useResource<Framework[]>('/catalog/frameworks');
  const standing = useResource<Standing>('/status');
  const maps = useResource<Mapping[]>('/catalog/crosswalk');
  const problem = all.problem ?? standing.problem ?? maps.problem;
  if (!all.value || !standing.value || !maps.value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const known = new Set(maps.value.map((m) => m.framework));
  const tabs = [...FIRST, ...all.value.map((f) => f.id).filter((id) => !FIRST.includes(id))].filter((id) => known.has(id));
  const at = query.value.get('framework') ?? rest[0] ?? tabs[0] ?? '';
  const mine = maps.value.filter((m) => m.framework === at);
  const title = all.value.find((f) => f.id === at)?.title ?? at;
  return (
    <Page title={t('nav_frameworks')} lead={t('frameworks_lead')}>
      <Tabs at={at} onPick={(id) => setQuery({ framework: id })} tabs={tabs.map((id) => ({ id, label: id, count: new Set(maps.value?.filter((m) => m.framework === id).map((m) => m.target)).size }))} />
      <Card wide title={<span {...english()}>{title}</span>}>
        <p class="hint">{t('n_mappings', { n: showNumber(mine.length) })}</p>
        <Entries maps={mine} standing={standing.value} />
      </Card>
    </Page>
  );
}
