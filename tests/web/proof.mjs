// proof.mjs - the browser verifies by itself, and a log that lies is caught.
// SPDX-License-Identifier: Apache-2.0

import { check, run } from './harness.mjs';

async function verify(page, leaf) {
  await page.goto(`${page.base}/ui/log/${leaf}`);
  await page.click('text=Verify in this browser');
  await page.waitForSelector('.verdict, .verify .problem');
  return page.textContent('.verify');
}

/** Serves `path` with its bytes changed. */
async function tamper(page, path, change) {
  await page.route(path, async (route) => {
    const reply = await route.fetch();
    await route.fulfill({ response: reply, body: change(await reply.body()) });
  });
}

const flip = (at) => (body) => {
  const copy = Buffer.from(body);
  copy[at] ^= 1;
  return copy;
};

await run({
  async 'a leaf is verified from the map'({ page }) {
    await page.goto(`${page.base}/ui/map/A.5.4`);
    await page.click('text=Verify in this browser');
    await page.waitForSelector('.verdict.good');
    check((await page.textContent('.verdict')).includes('First look'), 'the first look is said to be one');
    check((await page.$$('.verdict li.good')).length === 4, 'four steps');
  },

  async 'growth is checked against what this browser saw'({ server, page }) {
    check((await verify(page, 3)).includes('is in the signed log'), 'it verifies');
    for (let i = 0; i < 5; i++) await server.api('POST', '/suppliers', { name: `Grow ${i}`, service: 'x' });
    await page.waitForTimeout(1500);
    const text = await verify(page, 4);
    check(text.includes('only grew') && text.includes('is in the signed log'), text);
  },

  async 'a log that forgot is caught'({ page }) {
    await verify(page, 3);
    await page.evaluate(() => {
      const all = JSON.parse(localStorage.getItem('aims.checkpoint'));
      for (const seen of Object.values(all)) seen.size += 1000;
      localStorage.setItem('aims.checkpoint', JSON.stringify(all));
    });
    check((await verify(page, 3)).includes('does not hold'), 'a smaller log than before');
  },

  async 'a log that was rewritten is caught'({ page }) {
    await verify(page, 3);
    await page.evaluate(() => {
      const all = JSON.parse(localStorage.getItem('aims.checkpoint'));
      for (const seen of Object.values(all)) seen.root = btoa('x'.repeat(32));
      localStorage.setItem('aims.checkpoint', JSON.stringify(all));
    });
    check((await verify(page, 3)).includes('does not hold'), 'another root than before');
  },

  async 'another key than before is caught'({ page }) {
    await verify(page, 3);
    await tamper(page, '**/api/v1/about', (b) => Buffer.from(b.toString().replace(/"vkey":"([^"]*)."/, '"vkey":"$1x"')));
    check((await verify(page, 3)).includes('does not hold'), 'a changed key');
  },

  async 'a changed leaf is caught'({ page }) {
    await tamper(page, '**/log/tile/entries/**', flip(40));
    check((await verify(page, 0)).includes('does not hold'), 'one bit of the leaf');
  },

  async 'a changed path is caught'({ page }) {
    await tamper(page, '**/log/leaves/3/proof', (b) => Buffer.from(b.toString().replace(/(index 3\n)(.)/, (_, i, c) => i + (c === 'A' ? 'B' : 'A'))));
    check((await verify(page, 3)).includes('does not hold'), 'one character of the path');
  },

  async 'a changed checkpoint is caught'({ page }) {
    await tamper(page, '**/log/leaves/3/proof', (b) => Buffer.from(b.toString().replace(/\n(\d+)\n([A-Za-z0-9+/=]{44})\n\n—/, (_, n, r) => `\n${n}\n${(r[0] === 'A' ? 'B' : 'A') + r.slice(1)}\n\n—`)));
    check((await verify(page, 3)).includes('does not hold'), 'another root');
  },

  async 'a proof that is none is refused'({ page }) {
    await tamper(page, '**/log/leaves/3/proof', () => Buffer.from('hello'));
    check((await verify(page, 3)).includes('could not be verified'), 'no proof at all');
  },
});
