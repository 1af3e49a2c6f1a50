// ground.mjs - lists, forms, drafts, merges, hostile contents and the state of the connection.
// SPDX-License-Identifier: Apache-2.0

import { check, PASSWORD, run } from './harness.mjs';

const ui = (page, path) => page.goto(`${page.base}/ui/${path}`);
const seen = (page, text) => page.waitForSelector(`text=${text}`);

await run({
  async 'the files of the first load stay within 120 kB'({ browser, server }) {
    const page = await browser.page(server);
    const cdp = await page.context().newCDPSession(page);
    let bytes = 0;
    const urls = new Map();
    cdp.on('Network.responseReceived', (e) => urls.set(e.requestId, e.response.url));
    cdp.on('Network.loadingFinished', (e) => {
      if (!urls.get(e.requestId)?.includes('/api/')) bytes += e.encodedDataLength;
    });
    await cdp.send('Network.enable');
    await browser.logIn(page);
    await page.waitForTimeout(500);
    check(bytes > 10000 && bytes < 120000, `${bytes} bytes were transferred`);
    await page.context().close();
  },

  async 'a record is added, found, changed and retired without a line written for its type'({ page }) {
    await ui(page, 'suppliers');
    await page.click('text=Add Supplier');
    await page.click('text=Save');
    await seen(page, 'This must be given');
    await page.fill('#f-name', 'Paper & Sons');
    await page.fill('#f-service', 'paper');
    await page.click('text=Save');
    await seen(page, 'Paper & Sons');
    await page.click('main >> text="Edit"');
    await page.fill('#f-service', 'paper and pens');
    await page.click('text=Save');
    await seen(page, 'paper and pens');
    await page.click('role=tab[name=History]');
    await seen(page, 'version 1');
    check((await page.textContent('.history del')) === 'paper', 'the history shows what was before');
    await ui(page, 'suppliers?q=pens');
    await page.waitForSelector('.grid tbody a');
    check((await page.$$('.grid tbody a')).length === 1, 'the search finds it');
    await page.click('.grid tbody a');
    await page.click('button:has-text("Retire")');
    await page.click('dialog button:has-text("Retire")');
    await seen(page, 'Retired since');
  },

  async 'what is typed survives reload, back and a second look'({ page }) {
    await ui(page, 'suppliers/new');
    await page.fill('#f-name', 'Draft Ltd');
    await page.reload();
    await seen(page, 'What you typed before is here again');
    check((await page.inputValue('#f-name')) === 'Draft Ltd', 'after a reload');
    await page.click('nav >> text=Risks');
    await page.goBack();
    await page.waitForSelector('#f-name');
    check((await page.inputValue('#f-name')) === 'Draft Ltd', 'after going back');
    await page.click('text=Discard it');
    check((await page.inputValue('#f-name')) === '', 'after discarding it');
  },

  async 'two people who change one record merge their work'({ server, page }) {
    const person = await server.api('POST', '/people', { name: 'Merge Me' });
    await ui(page, `people/${person.id}/edit`);
    await page.fill('#f-name', 'Merged by me');
    await server.api('PATCH', `/people/${person.id}`, { name: 'Merged by them', competence: 'reads' }, person.version);
    await page.click('text=Save');
    await seen(page, 'Two people changed this record');
    await seen(page, 'Competence');
    await page.click('label:has-text("Merged by me")');
    await page.click('text=Save this');
    await seen(page, 'version 3');
    const now = await server.api('GET', `/people/${person.id}`);
    check(now.name === 'Merged by me' && now.competence === 'reads', `both changes stand: ${JSON.stringify(now)}`);
  },

  async 'hostile contents are shown as text'({ server, page }) {
    const evil = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
    const odd = 'שלום, zero\u200Bwidth, \u{1F600}, ' + 'x'.repeat(300);
    const a = await server.api('POST', '/suppliers', { name: evil, service: odd });
    for (const path of [`suppliers/${a.id}`, `suppliers/${a.id}/edit`, 'suppliers', `suppliers/${a.id}?tab=history`]) {
      await ui(page, path);
      await page.waitForSelector('main h1');
      await page.waitForTimeout(150);
      check((await page.$$('main img, main script')).length === 0, `markup came alive on ${path}`);
    }
    await seen(page, '<script>alert(1)</script>');
  },

  async 'another person sees a change at once'({ server, page }) {
    await ui(page, 'suppliers');
    await page.waitForSelector('.live.on', { state: 'attached' });
    await server.api('POST', '/suppliers', { name: 'Come lately', service: 'x' });
    await seen(page, 'Come lately');
  },

  async 'a server that goes and comes back loses nothing'({ server, page }) {
    await ui(page, 'people/new');
    await page.fill('#f-name', 'Patience AG');
    const port = server.port;
    await server.stop();
    await page.click('text=Save');
    await seen(page, 'The server does not answer');
    check((await page.inputValue('#f-name')) === 'Patience AG', 'the form is as it was');
    await server.start(port);
    await page.waitForSelector('.banner', { state: 'detached' });
    await page.click('text=Save');
    await seen(page, 'Saved');
  },

  async 'a session that ends is taken up again where it was'({ page }) {
    await ui(page, 'people/new');
    await page.fill('#f-name', 'Session GmbH');
    await page.context().clearCookies();
    await page.evaluate(() => document.querySelector('.record-form').requestSubmit());
    await seen(page, 'Your session has ended');
    await page.fill('[name=name]', 'admin');
    await page.fill('[name=password]', PASSWORD);
    await page.click('.cover button[type=submit]');
    await page.waitForSelector('.cover', { state: 'detached' });
    await page.click('text=Save');
    await seen(page, 'Saved');
  },

  async 'the past is shown as it was'({ page }) {
    await ui(page, 'systems?list=all');
    await page.waitForSelector('.grid tbody a');
    await page.fill('input[type=date]', '2020-01-01');
    await seen(page, 'This is how it stood');
    await seen(page, 'Nothing fits');
    await ui(page, 'map');
    await page.waitForSelector('.tile.s-proven');
    await page.fill('input[type=date]', '2020-01-01');
    await page.waitForSelector('.tile.s-proven', { state: 'detached' });
  },

  async 'the palette finds views, acts and records by keyboard alone'({ page }) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('loan scor');
    await page.waitForSelector('.palette li:has-text("Loan scoring")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:has-text("Loan scoring")');
  },

  async 'a second language is complete'({ page }) {
    await page.click('summary:has-text("admin")');
    await page.selectOption('select >> nth=0', 'de');
    await seen(page, 'So steht es');
    check((await page.getAttribute('html', 'lang')) === 'de', 'the language is declared');
  },
});
