// views.mjs - the flows of the views: a run from the page, risks, statement of applicability, findings.
// SPDX-License-Identifier: Apache-2.0

import { check, run } from './harness.mjs';

const ui = (page, path) => page.goto(`${page.base}/ui/${path}`);
const seen = (page, text) => page.waitForSelector(`text=${text}`);

await run({
  async 'a plan is run from the page and its result explained'({ page }) {
    await ui(page, 'plans/1');
    await page.click('text=Run now');
    await page.waitForSelector('text=See the result', { timeout: 60000 });
    await page.click('text=See the result');
    await seen(page, 'Limits, and what became of them');
    await page.waitForSelector('svg.chart');
    check((await page.textContent('.judged')).includes('interval'), 'the verdict is explained by the interval');
    await page.selectOption('.actions select', { index: 1 });
    await page.waitForSelector('.row-label:has-text("other run")', { state: 'attached' });
  },

  async 'the trail leads from a control to its proof'({ page }) {
    await ui(page, 'map');
    await page.click('.tile.s-failing');
    await page.waitForSelector('.trail-step');
    await page.click('.chain a[href*="measurements"]');
    await seen(page, 'Limits, and what became of them');
    await page.goBack();
    await page.click('text=Verify in this browser');
    await page.waitForSelector('.verdict.good');
  },

  async 'the risk matrix filters the list, by drag and by keyboard'({ page }) {
    await ui(page, 'risks');
    await page.waitForSelector('.matrix');
    const all = (await page.$$('.grid tbody a')).length;
    const cells = await page.$$('.matrix >> nth=0 >> button');
    await cells[0].hover();
    await page.mouse.down();
    await cells[9].hover();
    await page.mouse.up();
    await seen(page, 'Clear the filters');
    const some = (await page.$$('.grid tbody tr a')).length;
    check(some > 0 && some < all, `${some} of ${all} rows remain`);
    await page.reload();
    await seen(page, 'Clear the filters');
    await page.click('text=Clear the filters');
    await page.focus('.matrix >> nth=0 >> button >> nth=9');
    await page.keyboard.press('Enter');
    await seen(page, 'Clear the filters');
  },

  async 'the statement of applicability warns while it is edited'({ server, page }) {
    await ui(page, 'controls');
    await page.click('[aria-label="Edit A.2.2"]');
    await page.fill('#soa-reason', '');
    await page.uncheck('#soa-applicable');
    await seen(page, 'An exclusion needs a reason');
    await seen(page, 'and yet there is evidence');
    await page.click('.soa-edit >> text=Save');
    await page.waitForSelector('.soa-edit .problem');
    await page.fill('#soa-reason', 'Not ours to decide');
    await page.click('.soa-edit >> text=Save');
    await page.waitForSelector('.soa-edit', { state: 'detached' });
    const now = await server.api('GET', '/controls?control=A.2.2');
    check(now.items[0].applicable === false && now.items[0].reason === 'Not ours to decide', 'it was saved');
    await page.waitForSelector('#soa-A\\.2\\.2 .s-excluded');
  },

  async 'other frameworks see the same status'({ page }) {
    await ui(page, 'crosswalk?framework=gdpr');
    await page.waitForSelector('tbody .status');
    await page.click('role=tab[name=/eu-ai-act/]');
    await seen(page, 'Regulation (EU) 2024/1689');
    await seen(page, 'confidence');
  },

  async 'a system shows what feeds it, its measurements and the controls they serve'({ page }) {
    await ui(page, 'systems');
    await page.click('text=Loan scoring');
    await page.waitForSelector('a.flow-box:has-text("Loans for training")');
    check((await page.$$('.flow-edge')).length >= 4, 'data, training, model, use and people are connected');
    check((await page.$$('svg a[href*="measurements"]')).length >= 5, 'its measurements stand on the time line');
    await page.waitForSelector('a[href="/ui/map/A.5.4"]');
    await page.click('a.flow-box:has-text("loan-gbm 1.0")');
    await page.waitForSelector('h1:has-text("loan-gbm 1.0")');
  },

  async 'a document is changed, compared and approved'({ server, page }) {
    const doc = await server.api('POST', '/documents', { name: 'Compare me', kind: 'procedure', edition: '1', owner: 1, body: 'one\ntwo\nthree' });
    await server.api('PATCH', `/documents/${doc.id}`, { body: 'one\n2\nthree\nfour', edition: '2' }, doc.version);
    await ui(page, `documents/${doc.id}?tab=differences`);
    await page.waitForSelector('.diff');
    check((await page.textContent('.diff')) === '  one\n- two\n+ 2\n  three\n+ four\n', await page.textContent('.diff'));
    await page.click('text=Approve edition 2');
    await page.waitForSelector('.problem, .status.s-approved');
    const now = await server.api('GET', `/documents/${doc.id}`);
    check(now.status === 'approved' || (await page.$('.problem')), 'it is approved, or the reason stands there');
  },

  async 'an account and a token are made, used and taken away'({ browser, server, page }) {
    await ui(page, 'admin');
    await page.fill('form [name=name]', 'olga');
    await page.selectOption('form [name=role]', 'lead');
    await page.click('form button:has-text("Add an account")');
    const link = await page.textContent('dialog .secret');
    const other = await browser.page(server);
    await other.goto(link);
    await other.fill('[name=password]', 'olga has a long password');
    await other.fill('[name=again]', 'olga has a long password');
    await other.click('button[type=submit]');
    await other.waitForSelector('text=olga');
    await other.context().close();
    await ui(page, 'admin?tab=tokens');
    await page.fill('form [name=name]', 'ci');
    await page.check('form [value=measure]');
    await page.click('form button:has-text("New token")');
    const token = await page.textContent('dialog .secret');
    const me = () => fetch(`${server.base}/api/v1/sessions/me`, { headers: { Authorization: `Bearer ${token}` } });
    check((await me()).status === 200, 'the token works');
    await page.keyboard.press('Escape');
    await page.click('text=Revoke');
    await page.waitForSelector('td .status.s-withdrawn');
    check((await me()).status === 401, 'the token is gone');
  },

  async 'a finding is moved over the board'({ server, page }) {
    const finding = await server.api('POST', '/findings', { name: 'Board me', grade: 'observation', status: 'open', controls: ['A.2.2'] });
    await ui(page, 'findings');
    const ticket = page.locator('.ticket', { hasText: 'Board me' });
    await ticket.locator('select').selectOption({ index: 1 });
    await page.locator('.lane >> nth=1 >> text=Board me').waitFor();
    const now = await server.api('GET', `/findings/${finding.id}`);
    check(now.status !== 'open', `it is ${now.status}`);
  },
});
