// focus.mjs - every stop of Tab on every page: in sight, with a name, with a mark, in the order of the page.
// SPDX-License-Identifier: Apache-2.0

import { check, run } from './harness.mjs';
import { PAGES, settle } from './pages.mjs';

const MOST = 90; // stops looked at on a page; lists go on like that

/* What is said of the element that has the focus. It runs in the page. */
function look() {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const label = `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ''}.${e.className?.baseVal ?? e.className} "${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 40)}"`;
  const box = e.getBoundingClientRect();
  const own = e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent?.trim() || e.getAttribute('title') || e.getAttribute('placeholder') || '';
  const style = getComputedStyle(e);
  const inSight = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0;
  /* Its first line, or some corner of it, must not lie under something else. */
  const [l, r, t, b] = [Math.max(box.left, 0) + 2, Math.min(box.right, innerWidth) - 2, Math.max(box.top, 0) + 2, Math.min(box.bottom, innerHeight) - 2];
  const points = [[l, t], [r, t], [l, b], [r, b], [(l + r) / 2, (t + b) / 2]];
  const open = points.filter(([x, y]) => {
    const at = document.elementFromPoint(x, y);
    return at && (e.contains(at) || at.contains(e));
  }).length;
  return {
    label, name: own.trim() !== '', inSight, hidden: inSight && open < 3,
    mark: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none' && e.matches('[aria-invalid=true]'),
    tabindex: e.tabIndex,
    after: globalThis.lastStop ? !!(globalThis.lastStop.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING) : true,
    same: globalThis.lastStop === e ? true : ((globalThis.lastStop = e), false),
  };
}

function faultsOf(stop) {
  const faults = [];
  if (!stop.name) faults.push('has no name');
  if (!stop.inSight) faults.push('is out of sight');
  if (stop.hidden) faults.push('lies under something');
  if (!stop.mark) faults.push('has no mark of the focus');
  if (stop.tabindex > 0) faults.push('has a positive tabindex');
  if (!stop.after) faults.push('comes before the stop before it');
  return faults.map((f) => `${stop.label} ${f}`);
}

async function walk(page, path) {
  await settle(page, path);
  await page.evaluate(() => { globalThis.lastStop = undefined; });
  const faults = [];
  let stops = 0;
  for (; stops < MOST; stops++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(look);
    if (!stop || (stops > 0 && stop.label.startsWith('a.skip'))) break; /* past the last one it begins again */
    if (!stop.same) faults.push(...faultsOf(stop)); /* parts of a date are stops within one element */
  }
  if (stops < 8) faults.push(`only ${stops} stops`);
  return faults.map((f) => `${path}: ${f}`);
}

await run({
  async 'every stop is seen, named, marked and in order, on a desktop'({ page }) {
    const faults = [];
    for (const path of PAGES) faults.push(...(await walk(page, path)));
    check(faults.length === 0, faults.join('\n'));
  },

  async 'the same in the dark on a phone'({ page }) {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 640 });
    const faults = [];
    for (const path of PAGES.filter((_, i) => i % 2 === 0)) faults.push(...(await walk(page, path)));
    check(faults.length === 0, faults.join('\n'));
  },
});
