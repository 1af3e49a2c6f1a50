// admin.mjs - the administrator's pages: settings changed, a backup made and restored, roles kept out.
// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, PASSWORD, run } from './harness.mjs';

const ROLES = ['lead', 'engineer', 'operator', 'auditor'];

const row = (page, name) => page.locator('.settings > li', { has: page.locator(`h3 code:text-is("${name}")`) });

/** Runs the program as the page's command says. */
function aims(server, ...words) {
  const done = spawnSync(server.aims, words, { encoding: 'utf8' });
  check(done.status === 0, `aims ${words.join(' ')}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

async function lastLeaf(server, act) {
  const found = await server.api('GET', `/log/acts?act=${act}&limit=1`);
  return found.items[0]?.seq;
}

/** A page where somebody of a role is logged in. */
async function as(browser, server, role) {
  const until = role === 'auditor' ? { valid_until: new Date(Date.now() + 86400e3).toISOString() } : {};
  const { link } = await server.api('POST', '/accounts', { name: `one.${role}`, role, ...until });
  const page = await browser.page(server);
  await page.goto(server.site + link);
  await page.fill('[name=password]', PASSWORD);
  await page.fill('[name=again]', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('main#main h1');
  return page;
}

await run({
  async 'an account gets its person and an end'({ browser, server, page }) {
    await server.api('POST', '/accounts', { name: 'ines', role: 'engineer' });
    const person = (await server.api('GET', '/people?limit=1')).items[0];
    await page.goto(`${page.base}/ui/admin`);
    await page.selectOption('[aria-label="Person: ines"]', person.name);
    await page.fill('[aria-label="Until: ines"]', '2031-05-06');
    await page.locator('[aria-label="Until: ines"]').blur();
    let ines;
    for (let i = 0; i < 50 && !(ines?.person && ines?.valid_until); i++) {
      ines = (await server.api('GET', '/accounts')).items.find((a) => a.name === 'ines');
      await page.waitForTimeout(100);
    }
    check(ines.person === person.id && ines.valid_until.startsWith('2031-05-0'), JSON.stringify(ines));
    await page.reload();
    await page.waitForFunction((name) => document.querySelector('[aria-label="Person: ines"]')?.value === name, person.name);
    check((await page.inputValue('[aria-label="Until: ines"]')) === '2031-05-06', 'the end is another day');
    await page.setViewportSize({ width: 360, height: 800 });
    check((await page.locator('[aria-label="Until: ines"]').boundingBox()).x < 360, 'out of sight on a phone');
    check((await browser.axe(page)).length === 0, 'axe finds something on a phone');
  },

  async 'every setting says what it is and where it comes from'({ server, page }) {
    await page.goto(`${page.base}/ui/admin?tab=settings`);
    const { items } = await server.api('GET', '/settings');
    check(items.length > 10, `${items.length} settings`);
    for (const s of items) {
      const text = await row(page, s.name).innerText();
      check(text.includes(s.doc), `${s.name} does not say: ${s.doc}`);
      if (s.kind === 'live') check((await row(page, s.name).locator('input').inputValue()) === s.value, s.name);
      else if (s.kind !== 'file') check(text.includes(s.value) && text.includes(s.environment), `${s.name}: ${text}`);
    }
    check((await row(page, 'listen').innerText()).includes(`AIMS_LISTEN=127.0.0.1:0`), 'the line for the environment');
  },

  async 'a live setting is changed, refused, and on the log'({ browser, server, page }) {
    await page.goto(`${page.base}/ui/admin?tab=settings`);
    const one = row(page, 'session-hours');
    await one.locator('input').fill('9000');
    await one.locator('button').click();
    await one.locator('.problem:has-text("1 to 720")').waitFor();
    check((await one.locator('input').inputValue()) === '9000', 'what was typed is gone');
    check((await browser.axe(page)).length === 0, 'axe finds something in a refusal');
    await one.locator('input').fill('10');
    await page.keyboard.press('Enter');
    await one.locator('.tag:text-is("changed here")').waitFor();
    const leaf = await lastLeaf(server, 'setting.set');
    check(leaf > 0, 'no act on the log');
    await page.click('a:has-text("Changes on the log")');
    await page.waitForSelector(`a[href="/ui/log/${leaf}"]`);
  },

  async 'a backup is made, and the command of the page brings it back'({ browser, server, page }) {
    await page.goto(`${page.base}/ui/admin?tab=store`);
    await page.waitForSelector('text=None lies in the folder yet.');
    await page.click('button:has-text("Make a backup")');
    await page.waitForSelector('#backups tbody tr');
    check((await browser.axe(page)).length === 0, 'axe finds something beside a backup');
    const digest = await page.getAttribute('#backups td code', 'title');
    const { items } = await server.api('GET', '/jobs?limit=1');
    check(items[0].state === 'done' && items[0].result.sha256 === digest, JSON.stringify(items[0]));
    const leaf = await lastLeaf(server, 'job.done');
    const told = (await server.api('GET', `/log/leaves?from=${leaf}&limit=1`)).items[0].leaf;
    check(told.detail.result.sha256 === digest, JSON.stringify(told));

    const systems = await server.api('GET', '/systems?limit=100');
    const [sums, restore] = await page.locator('.command code').allTextContents();
    const summed = spawnSync('sh', ['-c', sums], { encoding: 'utf8' });
    check(summed.status === 0 && summed.stdout.includes(`${digest}  SHA256SUMS`), summed.stdout + summed.stderr);
    const again = join(server.dir, 'again');
    aims(server, ...restore.replace('NEW_DIRECTORY', again).split(' ').slice(1));
    aims(server, 'log', 'verify', '--data', again);
    const there = aims(server, 'export', 'system', '--data', again).trim().split('\n').map((l) => JSON.parse(l).name).sort();
    check(JSON.stringify(there) === JSON.stringify(systems.items.map((x) => x.name).sort()), there.join());
    check(readFileSync(join(again, 'log.vkey'), 'utf8') === readFileSync(join(server.data, 'log.vkey'), 'utf8'), 'another key');

    await page.goto(`${page.base}/ui/admin?tab=jobs`);
    await page.waitForSelector(`li:has-text("Backup"):has-text("${items[0].result.name}")`);
  },

  async 'the store is counted'({ server, page }) {
    await page.goto(`${page.base}/ui/admin?tab=store`);
    await page.waitForSelector('meter');
    const s = await server.api('GET', '/storage');
    const controls = page.locator('.counts li', { has: page.locator('a[href="/ui/controls"]') });
    check((await controls.innerText()).includes('38'), 'the 38 controls');
    const text = await page.locator('main').innerText();
    for (const what of [s.path, s.directory, `SQLite ${s.version}`]) check(text.includes(what), what);
  },

  async 'other roles see no accounts, store or settings'({ browser, server }) {
    for (const role of ROLES) {
      const page = await as(browser, server, role);
      for (const tab of ['', '?tab=store', '?tab=settings', '?tab=accounts', '?tab=tokens', '?tab=jobs', '?tab=server']) {
        await page.goto(`${page.base}/ui/admin${tab}`);
        await page.waitForSelector('main h1');
        await page.waitForSelector('.card');
        const tabs = await page.locator('[role=tab]').allTextContents();
        check(tabs.join() === 'Tokens,Jobs,Server', `${role}: ${tabs}`);
        check((await page.locator('[role=tab][aria-selected=true]').count()) === 1, `${role}: nothing is chosen at '${tab}'`);
        check((await page.locator('.problem').count()) === 0, `${role}: refused at '${tab}'`);
      }
      check((await browser.axe(page)).length === 0, `axe finds something for ${role}`);
      await page.context().close();
    }
  },
});
