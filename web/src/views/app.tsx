// app.tsx - the frame around every view: navigation, state of the connection, the person.
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from 'preact/hooks';
import { reachable, watchServer } from '../base/api';
import { listen, live } from '../base/live';
import { outdate, useResource } from '../base/resource';
import { followLinks, href, parts } from '../base/router';
import { theme } from '../base/theme';
import { showTime } from '../base/time';
import { typeByPlural, types } from '../records/types';
import { chooseLang, english, lang, type Lang, LANGS, t, typeLabels } from '../text/text';
import { Button, Toasts } from '../ui/basics';
import { Icon } from '../ui/icon';
import { prepareViews } from './lazy';
import { openPalette, Palette } from './palette';
import { menu, Route } from './routes';
import { can, findMe, Login, LoginAgain, logOut, me, Setup } from './session';

function Nav({ open, onGo }: { open: boolean; onGo: () => void }) {
  useEffect(() => {
    if (open) document.querySelector<HTMLElement>('#nav a')?.focus();
  }, [open]);
  const first = parts.value[0] ?? '';
  const known = new Set(menu.map((m) => m.at));
  const others = types.value.filter((x) => !known.has(x.plural));
  const item = (at: string, label: string, icon: (typeof menu)[number]['icon']) => (
    <li key={at}>
      <a href={at ? href(at) : '/'} aria-current={first === at ? 'page' : undefined} onClick={onGo}>
        <Icon name={icon} /> <span>{label}</span>
      </a>
    </li>
  );
  return (
    <nav id="nav" aria-label={t('navigation')} onFocusOut={(e) => {
      if (open && e.relatedTarget instanceof Element && !e.currentTarget.contains(e.relatedTarget) && !e.relatedTarget.matches('.narrow')) onGo();
    }}>
      <ul>
        {menu.filter((m) => !m.needs || can(m.needs)).map((m) => {
          const type = typeByPlural(m.at);
          return item(m.at, m.label ? t(m.label) : type ? typeLabels(type.title, type.plural) : m.at, m.icon);
        })}
      </ul>
      <details open={others.some((x) => x.plural === first)}>
        <summary>{t('nav_records')}</summary>
        <ul>{others.map((x) => item(x.plural, typeLabels(x.title, x.plural), 'records'))}</ul>
      </details>
    </nav>
  );
}

function Connection() {
  if (reachable.value) return null;
  return <div class="banner bad" role="alert">{t('server_gone')}</div>;
}

function Person() {
  return (
    <details class="menu end">
      <summary class="button plain"><Icon name="people" size={16} /> <span>{me.value?.account}</span></summary>
      <div class="popup stack">
        <label>{t('language')}
          <select value={lang.value} onChange={(e) => void chooseLang(e.currentTarget.value as Lang).catch(() => undefined)}>
            {Object.entries(LANGS).map(([id, name]) => <option key={id} value={id}>{name}</option>)}
          </select>
        </label>
        <label>{t('theme')}
          <select value={theme.value} onChange={(e) => { theme.value = e.currentTarget.value as typeof theme.value; }}>
            <option value="auto">{t('theme_auto')}</option>
            <option value="light">{t('theme_light')}</option>
            <option value="dark">{t('theme_dark')}</option>
          </select>
        </label>
        <a class="button plain" href={href('account')} onClick={(e) => e.currentTarget.closest('details')?.removeAttribute('open')}>
          <Icon name="people" size={16} /> {t('my_account')}</a>
        <Button icon="out" onClick={() => void logOut()}>{t('log_out')}</Button>
      </div>
    </details>
  );
}

/* Pictures are as wide as their place on the screen; with a view box they shrink to that on paper. */
const charts = () => document.querySelectorAll('svg.chart');

/* What paper needs and a screen has: whose it is, where it stands, when it was printed. */
function PaperHead({ name }: { name: string | undefined }) {
  const [at, setAt] = useState(() => new Date().toISOString());
  useEffect(() => {
    const begin = () => {
      setAt(new Date().toISOString());
      for (const x of charts()) x.setAttribute('viewBox', `0 0 ${x.getAttribute('width')} ${x.getAttribute('height')}`);
    };
    const end = () => charts().forEach((x) => x.removeAttribute('viewBox'));
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
    };
  }, []);
  return (
    <p class="paper-head">
      <strong><bdi>{name ?? 'aims'}</bdi></strong>
      <span>{t('printed_at', { at: showTime(at) })} · {location.host}{parts.value.length ? href(...parts.value) : '/'}</span>
    </p>
  );
}

interface About {
  version: string;
  attributions: string[];
}

function Foot() {
  const { value } = useResource<About>('/about');
  return (
    <footer>
      <span>aims {value?.version}</span> · <a href="/api/v1/openapi.json">API</a> · <a href="/log/checkpoint">{t('checkpoint')}</a>
      {value && value.attributions.length > 0 && (
        <details><summary>{t('sources')}</summary><ul>{value.attributions.map((x) => <li key={x} {...english()}>{x}</li>)}</ul></details>
      )}
    </footer>
  );
}

function Frame() {
  const [open, setOpen] = useState(false);
  const organisations = useResource<{ items: { name: string }[] }>('/organisations?limit=1');
  useEffect(listen, []);
  useEffect(() => void setTimeout(prepareViews, 1000), []);
  useEffect(() => watchServer(() => outdate(() => true)), []);
  return (
    <>
      <a class="skip" href="#main">{t('skip')}</a>
      <Connection />
      <PaperHead name={organisations.value?.items[0]?.name} />
      <header class="top">
        <button type="button" class="button plain bare narrow" aria-label={t('navigation')} aria-expanded={open} aria-controls="nav"
          onClick={() => setOpen(!open)}><Icon name="menu" /></button>
        <a class="brand" href="/"><Icon name="shield" /> aims</a>
        <span class="organisation"><bdi>{organisations.value?.items[0]?.name}</bdi></span>
        <span class={`live ${live.value ? 'on' : ''}`} title={live.value ? t('live_on') : t('live_off')}>
          <span class="hidden">{live.value ? t('live_on') : t('live_off')}</span>
        </span>
        <button type="button" class="button plain search" onClick={openPalette}>
          <Icon name="search" size={16} /> <span>{t('search_all')}</span> <kbd>Ctrl K</kbd>
        </button>
        <Person />
      </header>
      <div class={`frame${open ? ' nav-open' : ''}`} onKeyDown={(e) => {
        if (!open || e.key !== 'Escape') return;
        setOpen(false);
        document.querySelector<HTMLElement>('.top .narrow')?.focus();
      }}>
        <Nav open={open} onGo={() => setOpen(false)} />
        <div class="page">
          <main id="main" tabIndex={-1}><Route parts={parts.value} /></main>
          <Foot />
        </div>
      </div>
      <Palette />
      <LoginAgain />
      <Toasts />
    </>
  );
}

/** The same mark as in index.html, so that nothing moves until there is something to show. */
function Splash() {
  return (
    <>
      <p class="brand splash">aims</p>
      <div class="loading whole" role="status" aria-label={t('loading')} />
    </>
  );
}

export function App() {
  useEffect(() => {
    void findMe();
    document.addEventListener('click', followLinks);
    return () => document.removeEventListener('click', followLinks);
  }, []);
  if (parts.value[0] === 'setup') return <Setup />;
  if (me.value === undefined) return <Splash />;
  return me.value ? <Frame /> : <Login />;
}
