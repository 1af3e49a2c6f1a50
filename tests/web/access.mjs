// access.mjs - axe-core, both themes, a phone, 200 % zoom, the keyboard alone.
// SPDX-License-Identifier: Apache-2.0

import { check, run } from './harness.mjs';
import { PAGES, settle } from './pages.mjs';

async function axeAll(browser, page) {
  const found = [];
  for (const path of PAGES) {
    await settle(page, path);
    found.push(...(await browser.axe(page)));
  }
  check(found.length === 0, `axe-core:\n${found.join('\n')}`);
}

/* What is too wide for the page, or higher than the box that hides the rest. It runs in the page. */
function cutOff() {
  const faults = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`the page is ${wide} px too wide`);
  for (const e of document.querySelectorAll('body *:not(.hidden, option, svg *)')) {
    const style = getComputedStyle(e);
    const name = `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} "${e.textContent.trim().slice(0, 30)}"`;
    if (!e.checkVisibility() || !e.textContent.trim() || e.closest('.hidden, svg')) continue;
    if (['hidden', 'clip'].includes(style.overflowY) && e.scrollHeight > e.clientHeight + 2) faults.push(`${name} is cut off`);
    if (e.matches('.button, .status, .tile, th, .grid td') && e.scrollHeight > e.clientHeight + 3) faults.push(`${name} runs over`);
  }
  return faults.slice(0, 5);
}

await run({
  async 'axe-core finds nothing in light'({ browser, page }) {
    await axeAll(browser, page);
  },

  async 'axe-core finds nothing in dark'({ browser, page }) {
    await page.emulateMedia({ colorScheme: 'dark' });
    await axeAll(browser, page);
  },

  async 'nothing overflows on a phone or at 200 %'({ page }) {
    for (const width of [360, 640]) {
      await page.setViewportSize({ width, height: 700 });
      for (const path of PAGES) {
        await settle(page, path);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(wide <= 0, `${path} is ${wide} px too wide at ${width}`);
      }
    }
  },

  async 'letters twice as large cut nothing and overlap nothing'({ page }) {
    await page.addInitScript(() => document.addEventListener('DOMContentLoaded', () => {
      const large = new CSSStyleSheet();
      large.replaceSync('html { font-size: 200% !important }');
      document.adoptedStyleSheets.push(large);
    }));
    for (const path of PAGES) {
      await settle(page, path);
      const faults = await page.evaluate(cutOff);
      check(faults.length === 0, `${path} with large letters: ${faults.join('; ')}`);
    }
  },

  async 'paper has the content alone, whole and on white, and says whose it is'({ page }) {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    for (const path of ['/ui/controls', '/ui/measurements/1', '/ui/map/A.5.4', '/ui/systems/1']) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await settle(page, path);
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      await page.setViewportSize({ width: 688, height: 976 }); /* A4 within its margins */
      for (const hidden of ['.top', '#nav', 'footer', '.actions']) check(!(await page.isVisible(hidden)), `${hidden} is printed on ${path}`);
      check(/Hafen Kredit eG.*Printed/.test(await page.textContent('.paper-head')), 'whose it is, and when it was printed');
      check((await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)) === 'light', 'dark colours are printed light');
      const faults = await page.evaluate(() => [...document.querySelectorAll('main .chart, main table')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80)));
      check(faults.length === 0, `${path} is cut: ${faults.join('; ')}`);
    }
  },

  async 'a list is walked and opened by keyboard alone'({ page }) {
    await settle(page, '/ui/risks');
    await page.focus('.grid tbody tr[tabindex="0"]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.members');
  },

  async 'the content is the first stop of the keyboard'({ page }) {
    await settle(page, '/');
    await page.evaluate(() => document.activeElement?.blur?.());
    await page.keyboard.press('Tab');
    const first = await page.evaluate(() => document.activeElement?.className);
    check(first === 'skip', `the first stop is '${first}'`);
  },
});
