// keyboard.mjs - the main flows by the keyboard alone: no click, no focus() from here.
// SPDX-License-Identifier: Apache-2.0

import { check, PASSWORD, run } from './harness.mjs';

const MOST = 220; // stops of Tab until a thing counts as out of reach

/** What has the focus, for people who read a failure. */
const here = (page) => page.evaluate(() => {
  const e = document.activeElement;
  return e ? `${e.tagName.toLowerCase()}#${e.id}.${e.className} "${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 60)}"` : 'nothing';
});

const isAt = (page, selector, text) => page.evaluate(([s, t]) => {
  const e = document.activeElement;
  return !!e?.matches(s) && (!t || (e.getAttribute('aria-label') ?? e.textContent ?? '').includes(t));
}, [selector, text]);

/** Presses Tab until the focus is on what is meant. */
async function tabTo(page, selector, text = '', key = 'Tab') {
  for (let i = 0; i < MOST; i++) {
    if (await isAt(page, selector, text)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${MOST} times ${key} does not reach ${selector} "${text}" on ${page.url()}; it is at ${await here(page)}`);
}

const backTo = (page, selector, text) => tabTo(page, selector, text, 'Shift+Tab');

async function press(page, selector, text, key = 'Enter') {
  await tabTo(page, selector, text);
  await page.keyboard.press(key);
}

async function write(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** A reference: type, take the first that is offered. */
async function choose(page, member, text) {
  await write(page, `#f-${member}`, text);
  await page.waitForSelector(`#f-${member}-list li[aria-selected=true]:has-text("${text}")`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.chip:has-text("${text}")`);
}

/** Goes somewhere by the palette; the heading has the focus then. */
async function palette(page, text, heading) {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(text);
  await page.waitForSelector(`.palette li[aria-selected=true]:has-text("${text}")`);
  await page.keyboard.press('Enter');
  await arrived(page, heading);
}

async function arrived(page, heading) {
  await page.waitForSelector(`h1:has-text("${heading}")`);
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1', null, { timeout: 3000 })
    .catch(async () => { throw new Error(`the heading "${heading}" has no focus, but ${await here(page)}`); });
}

async function keeps(page, selector, text, why) {
  await page.waitForTimeout(150);
  check(await isAt(page, selector, text), `${why}: the focus is on ${await here(page)}`);
}

async function date(page, selector, month, day, year) {
  await tabTo(page, selector);
  await page.keyboard.type(`${month}${day}${year}`);
}

await run({
  async 'people sign in, and begin at the heading'({ page }) {
    await page.context().clearCookies();
    await page.goto(`${page.base}/`);
    await page.waitForSelector('[name=name]');
    await tabTo(page, '[name=name]');
    await page.keyboard.type('admin');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await arrived(page, 'How it stands');
  },

  async 'the palette opens, closes and gives the focus back; menus as well'({ page }) {
    await press(page, '.top .search');
    await page.waitForSelector('.palette[open]');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => {
      const [li, ul] = ['.palette [id=p-12]', '.palette ul'].map((s) => document.querySelector(s).getBoundingClientRect());
      return li.bottom <= ul.bottom + 1 && li.top >= ul.top - 1; /* the chosen entry is in sight */
    });
    await page.keyboard.press('Escape');
    await keeps(page, '.top .search', '', 'after the palette');
    await press(page, 'summary', 'admin');
    await page.waitForSelector('details.menu[open]');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await keeps(page, 'summary', 'admin', 'after the menu');
    check(!(await page.$('details.menu[open]')), 'the menu is closed');
    await page.keyboard.press('Enter');
    await press(page, 'details.menu a', 'My account');
    await arrived(page, 'My account');
    check(!(await page.$('details.menu[open]')), 'the menu closes when people leave it');
  },

  async 'a system is added, found, changed, and merged after a conflict'({ server, page }) {
    await palette(page, 'Add AI system', 'Add AI system');
    await write(page, '#f-name', 'Keyboard system');
    await choose(page, 'owner', 'Mei');
    await write(page, '#f-purpose', 'It sorts letters.');
    await tabTo(page, '#f-stage');
    await page.keyboard.type('Dep');
    await press(page, '#f-in_scope', '', 'Space');
    await press(page, 'button[type=submit]', 'Save');
    await arrived(page, 'Keyboard system');
    await palette(page, 'Systems', 'Systems');
    await tabTo(page, '.grid tr[data-row]');
    for (let i = 0; i < 10 && !(await isAt(page, 'tr', 'Keyboard system')); i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await arrived(page, 'Keyboard system');
    await press(page, 'a.button', 'Edit');
    await arrived(page, 'Edit Keyboard system');
    await write(page, '#f-purpose', 'It sorts letters by hand.');
    const row = (await server.api('GET', '/systems?name=Keyboard%20system')).items[0];
    await server.api('PATCH', `/systems/${row.id}`, { purpose: 'It sorts parcels.' }, row.version);
    await press(page, 'button[type=submit]', 'Save');
    await page.waitForSelector('.merge');
    await keeps(page, 'h2', 'Two people changed', 'the merge view opens');
    await press(page, '.merge input[type=radio]', '', 'ArrowRight');
    await press(page, '.merge button', 'Save this');
    await arrived(page, 'Keyboard system');
    const now = await server.api('GET', `/systems/${row.id}`);
    check(now.version === 3 && now.purpose.includes('by hand'), JSON.stringify(now));
  },

  async 'a plan is defined and run'({ server, page }) {
    await palette(page, 'Add Measurement plan', 'Add Measurement plan');
    await write(page, '#f-name', 'Keyboard plan');
    await tabTo(page, '#f-kind');
    await page.keyboard.type('Bias');
    await choose(page, 'system', 'Loan scoring');
    await choose(page, 'model_version', 'loan-gbm');
    await choose(page, 'dataset_version', 'Loans for testing');
    await write(page, '[id="f-parameters.label"]', 'repaid');
    await write(page, '[id="f-parameters.positive"]', '1');
    await write(page, '[id="f-parameters.threshold"]', '0.6');
    await write(page, '[id="f-parameters.groups"]', 'sex');
    await page.keyboard.press('Enter');
    await press(page, '#f-limits button', 'Add a limit');
    await backTo(page, '[id="f-limits.0"]');
    await page.keyboard.type('demographic parity ratio');
    await write(page, '[aria-label="Limit 1: Value"]', '0.9');
    await write(page, '#f-fresh_days', '90');
    await press(page, '#f-active', '', 'Space');
    await press(page, 'button[type=submit]', 'Save');
    await arrived(page, 'Keyboard plan');
    const plan = (await server.api('GET', '/plans?name=Keyboard%20plan')).items[0];
    check(plan.limits[0] === 'demographic_parity_ratio>=0.9', JSON.stringify(plan.limits));
    await press(page, 'button', 'Run now');
    await page.waitForSelector('text=See the result', { timeout: 60000 });
    await keeps(page, 'button', 'Run now', 'after the run');
    await press(page, 'a', 'See the result');
    await arrived(page, 'Bias fairness test');
    await press(page, '[role=tab]', 'Figures', 'ArrowRight');
    await keeps(page, '[role=tab][aria-selected=true]', 'Tables', 'tabs are walked by arrows');
  },

  async 'a control is chosen on the map, its trail walked, its proof verified'({ page }) {
    await palette(page, 'Assurance map', 'Assurance map');
    await tabTo(page, '.tile.s-failing');
    const id = await page.evaluate(() => document.activeElement.querySelector('.tile-id').textContent);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.trail-step');
    await keeps(page, '[data-land]', id, 'the trail has the focus');
    await press(page, '.verify button');
    await page.waitForSelector('.verdict.good');
    await keeps(page, '.verify button', '', 'after verifying');
    await press(page, '.verdict summary');
    await page.waitForSelector('.verdict pre');
    await backTo(page, '.card button', 'Close');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.trail-step', { state: 'detached' });
    await keeps(page, '.tile', id, 'after the trail');
  },

  async 'cells of the risk matrix are marked, a risk is treated and accepted'({ server, page }) {
    await palette(page, 'Risks', 'Risks');
    await tabTo(page, '.matrix button');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await keeps(page, '.matrix button', 'likelihood 5, impact 4', 'arrows walk over the cells');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await page.waitForSelector('text=Clear the filters');
    check((await page.$$('.in-box')).length === 4, 'four cells are marked');
    const rows = await page.$$eval('.grid tr[data-row]', (all) => all.length);
    check(rows === 2, `${rows} risks are left`);
    await press(page, 'button', 'Clear the filters');
    await page.waitForSelector('.in-box', { state: 'detached' });
    await tabTo(page, '.grid tr[data-row]');
    for (let i = 0; i < 10 && !(await isAt(page, 'tr', 'Nobody can explain')); i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await arrived(page, 'Nobody can explain');
    await press(page, 'a.button', 'Edit');
    await arrived(page, 'Edit Nobody');
    await tabTo(page, '#f-treatment');
    await page.keyboard.type('Acc');
    for (const m of ['likelihood', 'organisation', 'individuals', 'society']) await write(page, `#f-residual_${m}`, '2');
    await tabTo(page, '#f-status');
    await page.keyboard.type('Accepted');
    await choose(page, 'accepted_by', 'Johanna');
    await date(page, '#f-accepted_on', '11', '20', '2026');
    await date(page, '#f-acceptance_expires_on', '05', '20', '2027');
    await press(page, 'button[type=submit]', 'Save');
    await arrived(page, 'Nobody can explain');
    const risk = (await server.api('GET', '/risks?q=Nobody')).items[0];
    check(risk.treatment === 'accept' && risk.status === 'accepted' && risk.acceptance_expires_on === '2027-05-20', JSON.stringify(risk));
  },

  async 'a reason of the statement of applicability is edited'({ server, page }) {
    await palette(page, 'Statement of applicability', 'Statement of applicability');
    await press(page, 'button', 'Edit A.2.4');
    await page.waitForSelector('.soa-edit');
    await write(page, '#soa-reason', 'By hand on the keys');
    await press(page, '.soa-edit button', 'Save');
    await page.waitForSelector('.soa-edit', { state: 'detached' });
    await keeps(page, 'button', 'Edit A.2.4', 'after saving');
    check((await server.api('GET', '/controls?control=A.2.4')).items[0].reason === 'By hand on the keys', 'it was saved');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.soa-edit');
    await press(page, '.soa-edit button', 'Cancel');
    await keeps(page, 'button', 'Edit A.2.4', 'after cancelling');
  },

  async 'differences of a document are read, and it is approved'({ server, page }) {
    const doc = await server.api('POST', '/documents', { name: 'Keys of the house', kind: 'procedure', edition: '1', owner: 1, body: 'one\ntwo' });
    await server.api('PATCH', `/documents/${doc.id}`, { body: 'one\n2', edition: '2' }, doc.version);
    await palette(page, 'Keys of the house', 'Keys of the house');
    await press(page, '[role=tab]', 'Text', 'ArrowRight');
    await page.waitForSelector('.diff');
    await tabTo(page, '.diff');
    await backTo(page, 'button', 'Approve edition 2');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem, .status.s-approved');
    check(!(await isAt(page, 'body')), 'the focus is not lost');
  },

  async 'a card is moved over the board'({ server, page }) {
    const finding = await server.api('POST', '/findings', { name: 'Move me by keys', grade: 'observation', status: 'open', controls: ['A.2.2'] });
    await palette(page, 'Findings', 'Findings');
    await press(page, '.ticket select', 'Move Move me by keys', 'ArrowDown');
    await page.waitForSelector('.lane:nth-child(2) >> text=Move me by keys');
    await keeps(page, '.lane:nth-child(2) .ticket select', 'Move Move me', 'the card keeps the focus');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('.lane:nth-child(3) >> text=Move me by keys');
    await keeps(page, '.lane:nth-child(3) .ticket select', 'Move Move me', 'again');
    const now = await server.api('GET', `/findings/${finding.id}`);
    check(now.status === 'closed', now.status);
  },

  async 'the log is searched, a leaf verified, a bag made'({ page }) {
    await palette(page, 'Log explorer', 'Log explorer');
    await tabTo(page, '.filters select');
    await page.keyboard.type('measurement.add');
    await page.waitForFunction(() => [...document.querySelectorAll('.grid tbody tr[data-row] code')].every((x) => x.textContent === 'measurement.add'));
    await tabTo(page, '.grid tr[data-row]');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await arrived(page, 'leaf');
    await tabTo(page, 'a', 'Download the proof');
    await press(page, '.verify button');
    await page.waitForSelector('.verdict.good');
    await page.goBack(); /* Alt and the left arrow: the browser's own, which a page without a window does not get */
    await arrived(page, 'Log explorer');
    await press(page, '[role=tab]', 'Acts', 'End');
    await write(page, '.bag input', 'A.5.4');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.bag >> text=SHA-256');
    await tabTo(page, '.bag a');
  },

  async 'an account is made, a token made and revoked'({ page }) {
    await palette(page, 'Administration', 'Administration');
    await write(page, 'form [name=name]', 'keyes');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog .secret');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await keeps(page, 'form [name=name]', '', 'after the dialog');
    await page.waitForSelector('th:has-text("keyes")');
    await backTo(page, '[role=tab][aria-selected=true]');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('form [value=measure]');
    await write(page, 'form [name=name]', 'keyes token');
    await press(page, 'form [value=measure]', '', 'Space');
    await press(page, 'form button[type=submit]');
    await page.waitForSelector('dialog .secret');
    await press(page, 'dialog button', 'Close');
    await keeps(page, 'form button[type=submit]', '', 'after the dialog');
    await backTo(page, 'button', 'Revoke');
    await page.keyboard.press('Enter');
    await page.waitForSelector('td .status.s-withdrawn');
    check(!(await isAt(page, 'body')), 'the focus is not lost');
  },

  async 'a record is retired after a question, and the question can be refused'({ server, page }) {
    const supplier = await server.api('POST', '/suppliers', { name: 'Retire me by keys', service: 'x' });
    await palette(page, 'Retire me by keys', 'Retire me by keys');
    await press(page, 'button', 'Retire');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await keeps(page, 'button', 'Retire', 'refused');
    await page.keyboard.press('Enter');
    await press(page, 'dialog button.danger');
    await page.waitForSelector('text=Retired since');
    check(!(await isAt(page, 'body')), `the focus is not lost: ${await here(page)}`);
    check((await server.api('GET', `/suppliers/${supplier.id}`)).retired_at, 'it is retired');
  },

  async 'the menu of a phone opens, closes and leads on'({ page }) {
    await page.setViewportSize({ width: 360, height: 700 });
    await press(page, '.top .narrow');
    await page.waitForSelector('#nav', { state: 'visible' });
    await keeps(page, '#nav a', 'Home', 'the first entry');
    await page.keyboard.press('Escape');
    await keeps(page, '.top .narrow', '', 'closed again');
    await page.keyboard.press('Enter');
    await press(page, '#nav a', 'Risks');
    await arrived(page, 'Risks');
    check(!(await page.isVisible('#nav')), 'the menu is closed');
  },
});
