// saved.tsx - named sets of filters, kept in this browser.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { go } from '../base/router';
import { t } from '../text/text';
import { Button } from '../ui/basics';

type Saved = Record<string, { name: string; at: string }[]>;

function read(): Saved {
  try {
    return JSON.parse(localStorage.getItem('aims.views') ?? '{}') as Saved;
  } catch {
    return {};
  }
}

const saved = signal<Saved>(read());
saved.subscribe((s) => localStorage.setItem('aims.views', JSON.stringify(s)));

export function SavedViews({ place }: { place: string }) {
  const [naming, setNaming] = useState<string | null>(null);
  const all = saved.value[place] ?? [];
  const set = (views: { name: string; at: string }[]) => {
    saved.value = { ...saved.value, [place]: views };
  };
  const save = (e: Event) => {
    e.preventDefault();
    const name = (naming ?? '').trim();
    if (name) set([...all.filter((x) => x.name !== name), { name, at: location.pathname + location.search }]);
    setNaming(null);
  };
  return (
    <details class="menu">
      <summary class="button plain">{t('views')}</summary>
      <div class="popup">
        {all.length === 0 && <p class="none">{t('views_none')}</p>}
        {all.map((x) => (
          <p key={x.name} class="row">
            <a href={x.at} onClick={(e) => {
              e.preventDefault();
              go(x.at);
            }}>{x.name}</a>
            <Button icon="close" label={t('forget', { what: x.name })} onClick={() => set(all.filter((y) => y !== x))} />
          </p>
        ))}
        <form class="row" onSubmit={save}>
          <input aria-label={t('view_name')} placeholder={t('view_name')} maxLength={60} value={naming ?? ''}
            onInput={(e) => setNaming(e.currentTarget.value)} />
          <Button type="submit" icon="save">{t('save')}</Button>
        </form>
      </div>
    </details>
  );
}
