// router.ts - the address bar as state: which view, set how; links without reloads.
// SPDX-License-Identifier: Apache-2.0

import { computed, signal } from '@preact/signals';

const ROOT = '/ui/';

/** How often the view was changed since the page was loaded. */
export const moves = signal(0);

const at = signal(location.pathname + location.search);
addEventListener('popstate', () => {
  moves.value++;
  at.value = location.pathname + location.search;
});

const url = computed(() => new URL(at.value, location.origin));

/** Decoded parts of the path below /ui/: ["systems", "3"]; [] at home. */
export const parts = computed<string[]>(() => {
  const path = url.value.pathname;
  if (!path.startsWith(ROOT)) return path === '/' ? [] : [path.slice(1)];
  return path.slice(ROOT.length).split('/').filter(Boolean).map(decode);
});
export const query = computed(() => url.value.searchParams);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a view: href("systems", 3). */
export const href = (...path: (string | number)[]): string =>
  path.length ? ROOT + path.map((p) => encodeURIComponent(String(p))).join('/') : '/';

export function go(to: string, replace = false): void {
  if (to === at.value) return;
  moves.value++;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  at.value = to;
  if (!replace) scrollTo(0, 0);
}

/** Changes members of the query in place; undefined or "" takes one away. */
export function setQuery(changes: Record<string, string | undefined>, replace = true): void {
  const q = new URLSearchParams(query.value);
  for (const [k, v] of Object.entries(changes)) {
    if (v) q.set(k, v);
    else q.delete(k);
  }
  const text = q.toString();
  go(url.value.pathname + (text ? `?${text}` : ''), replace);
}

/** Plain clicks on links of ours change the view; everything else is the browser's. */
export function followLinks(event: MouseEvent): void {
  const a = (event.target as Element | null)?.closest?.('a[href]');
  if (!a || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const to = a.getAttribute('href') ?? '';
  if (!(to === '/' || to.startsWith('/?') || to.startsWith(ROOT)) || a.hasAttribute('download')) return;
  event.preventDefault();
  go(to);
}
