// home.mjs - the homes of the roles, the log explorer, the bag, and a file handed in by a form.
// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { check, run } from './harness.mjs';

const seen = (page, text) => page.waitForSelector(`text=${text}`);

await run({
  async 'each role has its home, and the choice stays'({ page }) {
    await page.goto(page.base);
    await seen(page, 'The next best step');
    await page.click('role=tab[name=Engineer]');
    await seen(page, 'Limits that fail or are not decided');
    check((await page.textContent('.figures')).includes('population stability index'), 'a failing limit stands there');
    await page.goto(`${page.base}/ui/map`);
    await page.goto(page.base);
    await seen(page, 'Limits that fail or are not decided');
    await page.click('role=tab[name=Auditor]');
    await seen(page, 'consumer lending in all branches');
    await page.click('text=Verify in this browser');
    await page.waitForSelector('.verdict.good');
    await page.click('role=tab[name=Operator]');
    await seen(page, 'Newest runs');
  },

  async 'the role of an account decides its home'({ browser, server }) {
    for (const [role, says] of [['engineer', 'Limits that fail'], ['auditor', 'have a trail to the log'], ['operator', 'Plans that must run']]) {
      const made = await server.api('POST', '/accounts', { name: `a-${role}`, role, ...(role === 'auditor' ? { valid_until: new Date(Date.now() + 86400e3).toISOString() } : {}) });
      const page = await browser.page(server);
      await page.goto(`${server.base}/setup?code=${made.code}`);
      await page.fill('[name=password]', 'a long enough password');
      await page.fill('[name=again]', 'a long enough password');
      await page.click('button[type=submit]');
      await seen(page, says);
      await page.context().close();
    }
  },

  async 'what is due is told, the latest first, and the next step follows it'({ server, page }) {
    const day = (by) => new Date(Date.now() + by * 86400e3).toISOString().slice(0, 10);
    await server.api('POST', '/findings', { name: 'Due soon', grade: 'observation', status: 'open', controls: ['A.2.2'], owner: 1, due: day(5) });
    await server.api('POST', '/findings', { name: 'Due long ago', grade: 'observation', status: 'open', controls: ['A.2.2'], owner: 1, due: day(-9) });
    await server.api('POST', '/findings', { name: 'Due next year', grade: 'observation', status: 'open', controls: ['A.2.2'], owner: 1, due: day(400) });
    await page.goto(`${page.base}/?as=lead`);
    await page.waitForSelector('section.card:has(h2:text("What is due")) >> text=Due long ago');
    const card = await page.textContent('section.card:has(h2:text("What is due"))');
    check(card.indexOf('late') < card.indexOf('Due long ago') && card.indexOf('Due long ago') < card.indexOf('Due soon'), card);
    check(!card.includes('Due next year'), 'what is far away is not there');
    check(card.includes('Arrears forecast'), 'proof that went stale is due');
    await seen(page, 'It is overdue: Due long ago');
  },

  async 'a second visit says what changed since the first'({ browser, server, page }) {
    await page.goto(`${page.base}/?as=lead`);
    await seen(page, 'your first visit');
    await page.goto(`${page.base}/ui/map`);
    await page.waitForSelector('.tile');
    const id = (await server.api('GET', '/controls?control=A.2.3')).items[0];
    await server.api('PATCH', `/controls/${id.id}`, { applicable: false, reason: 'Changed between two visits' }, id.version);
    const again = await page.context().newPage(); /* a new tab is a new visit */
    await again.goto(`${server.base}/?as=lead`);
    await again.waitForSelector('section.card:has(h2:text("Since your last visit")) a:text("A.2.3")');
    check((await again.textContent('section.card:has(h2:text("Since your last visit"))')).includes('Excluded'), 'its new status stands there');
    check(browser.faults.length === 0, browser.faults.join());
  },

  async 'the log is searched by act, type and record'({ server, page }) {
    const size = (await server.api('GET', '/log')).size;
    await page.goto(`${page.base}/ui/log`);
    await page.waitForSelector('.growth rect');
    await page.selectOption('.filters select >> nth=0', 'measurement.add');
    await page.waitForSelector('.grid tbody tr:has-text("measurement.add")');
    await page.waitForFunction(() => [...document.querySelectorAll('.grid tbody code')].every((c) => c.textContent === 'measurement.add'));
    check(page.url().includes('act=measurement.add'), 'the search stands in the address');
    await page.click('.grid tbody a >> nth=0');
    await page.waitForSelector('.json');
    await page.goto(`${page.base}/ui/log?type=plan&id=1`);
    await page.waitForSelector('.grid tbody tr');
    await page.waitForFunction(() => [...document.querySelectorAll('.grid tbody tr')].length === 1);
    await page.fill('[name=seq]', '3');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:has-text("leaf 3")');
    const [proof] = await Promise.all([page.waitForEvent('download'), page.click('text=Download the proof')]);
    check(readFileSync(await proof.path(), 'utf8').startsWith('c2sp.org/tlog-proof@v1\n'), 'a proof of the public format');
    await page.goto(`${page.base}/ui/log?tab=history`);
    await page.click('.plain-list button >> nth=0');
    check((await page.textContent('.plain-list .json')).split('\n')[1] >= String(size), 'the newest checkpoint is the first');
  },

  async 'a bag is made, and what arrives is what was announced'({ page }) {
    await page.goto(`${page.base}/ui/log?tab=bag`);
    await page.fill('.bag input >> nth=0', 'A.5.4, A.6.2.4');
    const [bag] = await Promise.all([page.waitForEvent('download', { timeout: 60000 }), page.click('text=Make the bag')]);
    const bytes = readFileSync(await bag.path());
    check(bytes[0] === 0x1f && bytes[1] === 0x8b, 'it is an archive');
    check((await page.textContent('.bag')).includes(createHash('sha256').update(bytes).digest('hex')), 'its digest is shown');
    check((await page.textContent('.bag .json')).includes('aims bag verify'), 'and how to check it');
    await page.fill('.bag input >> nth=0', 'B.99');
    await page.click('text=Make the bag');
    await page.waitForSelector('.bag .problem');
  },

  async 'a file handed in by a form fills digest and size'({ server, page }) {
    const bytes = Buffer.from('a,b\n1,2\n');
    await page.goto(`${page.base}/ui/dataset-versions/new?dataset=1&edition=9&name=Handed%20in`);
    await page.setInputFiles('#f-file_sha256-file', { name: 'small.csv', mimeType: 'text/csv', buffer: bytes });
    await seen(page, 'small.csv is stored');
    check((await page.inputValue('#f-file_size')) === String(bytes.length), 'its size');
    await page.click('form.record-form >> text=Save');
    await page.waitForSelector('h1:has-text("Handed in")');
    const row = (await server.api('GET', '/dataset-versions?q=Handed')).items[0];
    check(row.file_sha256 === createHash('sha256').update(bytes).digest('hex') && row.file_size === bytes.length, JSON.stringify(row));
  },
});
