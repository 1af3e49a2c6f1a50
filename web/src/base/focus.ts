// focus.ts - the keyboard never loses its place: what had it may go, views may change, menus may close.
// SPDX-License-Identifier: Apache-2.0

import { moves } from './router';

let last: HTMLElement | null = null;
let around: HTMLElement[] = [];

function remember(e: FocusEvent): void {
  if (!(e.target instanceof HTMLElement)) return;
  last = e.target;
  around = [];
  for (let up = last.parentElement; up && up !== document.body; up = up.parentElement) around.push(up);
}

function put(to: HTMLElement): void {
  if (to.tabIndex < 0 && !to.hasAttribute('tabindex')) to.tabIndex = -1;
  to.focus({ preventScroll: true });
}

/* The same thing made anew, else the nearest of what was around it. */
function recover(): void {
  if (!last || last.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
  const again = last.id ? document.getElementById(last.id) : null;
  const to = again ?? around.find((x) => x.isConnected);
  last = null;
  if (to) put(to);
}

const menuOf = (x: EventTarget | null): HTMLDetailsElement | null => (x instanceof Element ? x.closest('details.menu') : null);

function closeMenus(except: HTMLDetailsElement | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) if (menu !== except) menu.open = false;
}

function escape(e: KeyboardEvent): void {
  const menu = e.key === 'Escape' && !e.defaultPrevented ? menuOf(e.target) : null;
  if (!menu?.open) return;
  menu.open = false;
  menu.querySelector('summary')?.focus();
}

/** Keeps watch over the page from now on. */
export function keepFocus(): void {
  document.addEventListener('focusin', remember);
  document.addEventListener('focusin', (e) => closeMenus(menuOf(e.target)));
  document.addEventListener('pointerdown', (e) => closeMenus(menuOf(e.target)));
  document.addEventListener('keydown', escape);
  new MutationObserver(recover).observe(document.body, { childList: true, subtree: true });
}

/** After a change of view a screen reader starts where the eye does: at what is marked, else at the heading. */
export function land(head: HTMLElement | null): void {
  if (moves.peek() === 0) return;
  const to = document.querySelector<HTMLElement>('#main [data-land]') ?? head;
  if (to) put(to);
}
