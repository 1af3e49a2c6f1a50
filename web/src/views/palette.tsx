// palette.tsx - Ctrl K: every view, every record, every act, by typing.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { call } from '../base/api';
import { go, href } from '../base/router';
import { nameOf, type RecordType, type Row, types } from '../records/types';
import { t, typeLabel, typeLabels } from '../text/text';
import { Icon, type IconName } from '../ui/icon';
import { menu } from './routes';
import { can } from './session';

const shown = signal(false);
export function openPalette(): void {
  shown.value = true;
}

interface Entry {
  key: string;
  label: string;
  kind: string;
  icon: IconName;
  to: string;
}

const fits = (text: string, words: string[]) => words.every((w) => text.toLowerCase().includes(w));

function places(words: string[]): Entry[] {
  const fixed = menu.filter((m) => m.label && (!m.needs || can(m.needs)))
    .map((m): Entry => ({ key: `v${m.at}`, label: t(m.label ?? 'nav_home'), kind: t('view'), icon: m.icon, to: m.at ? href(m.at) : '/' }));
  const lists = types.value.map((x): Entry => ({ key: `t${x.plural}`, label: typeLabels(x.title, x.plural), kind: t('list'), icon: 'records', to: href(x.plural) }));
  const adds = can('edit') ? types.value.filter((x) => !x.read_only)
    .map((x): Entry => ({ key: `a${x.plural}`, label: t('add', { what: typeLabel(x.title) }), kind: t('act'), icon: 'add', to: href(x.plural, 'new') })) : [];
  return [...fixed, ...lists, ...adds].filter((e) => fits(e.label, words));
}

const entryOf = (type: RecordType, row: Row): Entry =>
  ({ key: `${type.plural}/${row.id}`, label: nameOf(type, row), kind: typeLabel(type.title), icon: 'document', to: href(type.plural, row.id) });

/* Each type has its own list, so each is asked; a slow one does not hold up the others. */
function useRecords(text: string): Entry[] {
  const [found, setFound] = useState<Entry[]>([]);
  useEffect(() => {
    setFound([]);
    if (text.length < 2) return undefined;
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      for (const type of types.value)
        call<{ items: Row[] }>('GET', `/${type.plural}`, { query: { q: text, limit: 5 }, signal: stop.signal })
          .then((r) => setFound((all) => [...all, ...r.items.map((row) => entryOf(type, row))]), () => undefined);
    }, 150);
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return found;
}

function Body() {
  const ref = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const records = useRecords(text.trim());
  const all = [...places(words).slice(0, words.length ? 8 : 14), ...records].slice(0, 40);
  useLayoutEffect(() => ref.current?.showModal(), []); /* at once: people type on without looking */
  useEffect(() => ref.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }), [at]);
  const pick = (e: Entry | undefined) => {
    if (!e) return;
    ref.current?.close();
    go(e.to);
  };
  return (
    <dialog ref={ref} class="palette" aria-label={t('search_all')} onClose={() => { shown.value = false; }}
      onClick={(e) => e.target === ref.current && ref.current?.close()}>
      <input role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={all[at] ? `p-${at}` : undefined}
        aria-label={t('search_all')} placeholder={t('palette_hint')} value={text} autofocus
        onInput={(e) => {
          setText(e.currentTarget.value);
          setAt(0);
        }} onKeyDown={(e) => {
          if (e.key === 'ArrowDown') setAt(Math.min(at + 1, all.length - 1));
          else if (e.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
          else if (e.key === 'Enter') pick(all[at]);
          else return;
          e.preventDefault();
        }} />
      <ul id="palette-list" role="listbox" aria-label={t('search_all')}>
        {all.map((e, i) => (
          <li key={e.key} id={`p-${i}`} role="option" aria-selected={i === at} onClick={() => pick(e)}>
            <Icon name={e.icon} size={16} /> <bdi>{e.label}</bdi> <span class="kind">{e.kind}</span>
          </li>
        ))}
      </ul>
      {all.length === 0 && <p class="none">{t('nothing_found')}</p>}
    </dialog>
  );
}

export function Palette() {
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const typing = e.target instanceof Element && e.target.matches('input,textarea,select');
      if ((e.key === 'k' && (e.ctrlKey || e.metaKey)) || (e.key === '/' && !typing)) {
        e.preventDefault();
        openPalette();
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
  return shown.value ? <Body /> : null;
}
