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
