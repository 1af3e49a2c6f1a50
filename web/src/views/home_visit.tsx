// home_visit.tsx - what changed since this person last was here: statuses then and now, acts between.
// SPDX-License-Identifier: Apache-2.0

import { useEffect } from 'preact/hooks';
import { useResource } from '../base/resource';
import { href } from '../base/router';
import { showTime } from '../base/time';
import { showNumber, t } from '../text/text';
import { Card, Loading, ProblemNote } from '../ui/basics';
import { Status } from '../ui/status';
import { can, me } from './session';
import type { Standing } from './standing';

interface Visit {
  at: string;
  /** Leaves of the log then. */
  size: number;
}

const read = (store: Storage, key: string): Visit | null => {
  try {
    return JSON.parse(store.getItem(key) ?? 'null') as Visit | null;
  } catch {
    return null;
  }
};

/** The visit before this one: fixed when the tab is opened, moved on for the next while it is open. */
function useVisit(now: Visit | null): Visit | null {
  const key = `aims.visit.${me.value?.account}`;
  useEffect(() => {
    if (!now) return;
    if (!sessionStorage.getItem(key)) sessionStorage.setItem(key, localStorage.getItem(key) ?? 'null');
    localStorage.setItem(key, JSON.stringify(now));
  }, [now?.size]);
  return read(sessionStorage, key) ?? (sessionStorage.getItem(key) ? null : read(localStorage, key));
}

export function SinceLastVisit({ standing }: { standing: Standing }) {
  const head = useResource<{ size: number }>('/log');
  const visit = useVisit(head.value ? { at: standing.at, size: head.value.size } : null);
  const then = useResource<Standing>(visit ? `/status?at=${encodeURIComponent(visit.at)}` : null);
  if (!visit) return <Card title={t('since_visit')}><p class="none">{t('first_visit')}</p></Card>;
  if (!then.value || !head.value)
    return <Card title={t('since_visit')}>{then.problem ? <ProblemNote problem={then.problem} /> : <Loading />}</Card>;
  const was = new Map(then.value.items.map((x) => [x.id, x.status]));
  const moved = standing.items.filter((x) => was.get(x.id) !== x.status);
  const acts = head.value.size - visit.size;
  return (
    <Card title={t('since_visit')}>
      <p class="hint">
        {showTime(visit.at)} · {can('audit') && acts > 0 ? <a href={`${href('log')}?tab=leaves`}>{t('n_acts', { n: showNumber(acts) })}</a> : t('n_acts', { n: showNumber(Math.max(0, acts)) })}
      </p>
      {moved.length === 0 ? <p class="none">{t('no_status_changed')}</p> : (
        <ul class="plain-list">
          {moved.slice(0, 8).map((x) => (
            <li key={x.id}>
              <a href={href('map', x.id)}>{x.id}</a> <Status value={was.get(x.id) ?? 'planned'} /> → <Status value={x.status} />
            </li>
          ))}
          {moved.length > 8 && <li class="hint">{t('and_more', { n: showNumber(moved.length - 8) })}</li>}
        </ul>
      )}
    </Card>
  );
}
