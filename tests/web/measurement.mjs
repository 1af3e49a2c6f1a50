// measurement.mjs - the picture of each kind of measurement says what its result says, by mouse and by keyboard.
// SPDX-License-Identifier: Apache-2.0

import { check, run } from './harness.mjs';
import { measured, random, resultOf } from './measured.mjs';

const open = async (page, m, tab = '') => {
  await page.goto(`${page.base}/ui/measurements/${m.id}${tab}`);
  await page.waitForSelector('.judged, .none');
};
const ofKind = async (server, kind) => (await server.api('GET', `/measurements?kind=${kind}&limit=20`)).items.at(-1);
const table = (result, id) => result.tables.find((x) => x.id === id);
const figure = (page, title) => page.locator('figure', { has: page.locator(`figcaption:text-is("${title}")`) });
const count = (page, selector) => page.locator(selector).count();
const rowsIn = (fig) => fig.locator('tbody tr').count();

async function classes(server, name, n) {
  const next = random(7);
  const data = Array.from({ length: 1500 }, () => {
    const y = Math.floor(next() * n);
    return [`c${y}`, `c${next() < 0.7 ? y : (y + 1) % n}`];
  });
  return measured(server, name, { kind: 'performance_eval', head: ['truth', 'answer'], data, parameters: { label: 'truth', prediction: 'answer', resamples: 100 } });
}

await run({
  async 'ROC and precision-recall show every threshold with its interval'({ server, page }) {
    const m = await ofKind(server, 'performance_eval');
    const result = await resultOf(server, m);
    await open(page, m);
    for (const [title, id, area] of [['ROC curve', 'roc', 'auc'], ['Precision and recall', 'precision_recall', 'average_precision']]) {
      const fig = figure(page, title);
      await fig.locator('svg.tradeoff path.curve').waitFor();
      check((await fig.locator('path.area').count()) === 1, `${title}: the band is drawn`);
      const known = result.metrics.find((x) => x.id === area && !x.slice);
      check((await fig.textContent()).includes(`The area under it is ${known.value.toPrecision(4).replace(/0+$/, '')}`), `${title}: its area is ${known.value}`);
      await fig.locator('summary').click();
      check((await rowsIn(fig)) === table(result, id).rows.length, `${title}: the table has every point`);
      const reading = fig.locator('.reading');
      check((await reading.textContent()).startsWith('As the predictions were measured'), 'it begins with the decision that was measured');
      await fig.locator('input[type=range]').focus();
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowLeft');
      const row = table(result, id).rows.at(-2);
      const said = await reading.textContent();
      check(said.startsWith('Threshold ') && said.includes(new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(row[4])), `${said} is ${row}`);
      check((await fig.locator('.series-1 .whisker').count()) === 2, 'the chosen point has both intervals');
    }
  },

  async 'a measurement describes its data, and the record shows it as a table'({ page }) {
    await page.goto(`${page.base}/ui/dataset-versions/2`);
    const row = page.locator('table tr', { hasText: 'employment_years' });
    check((await row.textContent()).includes('244'), 'the gaps of a column are told');
    check((await page.locator('table').textContent()).includes('category'), 'texts are categories');
  },

  async 'a decision is explained from its base to its answer'({ server, page }) {
    const m = await ofKind(server, 'explanation_report');
    const rows = table(await resultOf(server, m), 'waterfall').rows;
    const sum = rows.reduce((s, r) => s + r[5], rows[0][2]);
    check(Math.abs(sum - rows.at(-1)[6]) < 1e-9, `base and contributions make ${sum}, the answer is ${rows.at(-1)[6]}`);
    await open(page, m);
    const fig = figure(page, 'Why row 17 was answered so');
    await fig.locator('svg.waterfall').waitFor();
    check((await fig.locator('[role=listitem]').count()) === rows.length + 2, 'a bar for each feature, the base and the answer');
    await page.mouse.move(0, 0); // a bar that scrolls under the pointer is chosen by it, too
    await fig.locator('[role=listitem] >> nth=0').focus();
    await page.keyboard.press('Tab');
    const said = await fig.locator('[role=status]').textContent();
    check(said.startsWith(`${rows[0][3]} = `) && said.includes('which makes'), said);
    check((await fig.textContent()).includes('Against the person spoke, strongest first: region'), 'the reasons stand beside it');
    const bars = await fig.locator('rect.bar-fill').evaluateAll((all) => all.map((e) => [Number(e.getAttribute('x')), Number(e.getAttribute('width'))]));
    for (let i = 1; i < bars.length; i++) {
      const ends = (k) => [bars[k][0], bars[k][0] + bars[k][1]];
      check(ends(i).some((x) => ends(i - 1).some((y) => Math.abs(x - y) < 1.1)), `bar ${i} begins where the one before ended`);
    }
    check((await figure(page, 'Features by importance').locator('.error').count()) === rows.length, 'importances have intervals');
  },

  async 'many classes have one matrix, and what is confused most in words'({ server, page }) {
    await open(page, await classes(server, 'five', 5));
    const fig = figure(page, 'Truth against prediction');
    await fig.locator('table.classes').waitFor();
    check((await fig.locator('tbody tr').count()) === 6, 'a row for each class and one of shares');
    check((await fig.locator('.worst li').count()) === 5 && /rows of c\d were taken for c\d/.test(await fig.textContent()), 'the worst pairs are named');
    check(/–/.test(await fig.locator('td.share >> nth=1').textContent()), 'shares have intervals');
    await open(page, await classes(server, 'forty', 40));
    check((await fig.locator('tbody tr').count()) === 21, 'twenty rows and one of shares');
    check((await fig.textContent()).includes('The 21 classes with fewest rows are taken together'), 'what is merged is said');
    const total = (await fig.locator('tbody td.share:not(:has(strong))').allTextContents()).reduce((s, x) => s + Number(x.replace(',', '')), 0);
    check(total === 1500, `the matrix has ${total} rows`);
  },

  async 'drift says how many columns there are, and shows them all'({ server, page }) {
    const next = random(3);
    const head = Array.from({ length: 15 }, (_, i) => `column${i}`);
    const rows = (shift) => Array.from({ length: 300 }, () => head.map((_, i) => (next() + shift * i).toFixed(3)));
    const m = await measured(server, 'fifteen', { kind: 'drift_monitor', head, data: rows(0.02), reference: rows(0), parameters: { resamples: 100 } });
    await open(page, m);
    await page.waitForSelector('text=Columns by how far they moved');
    check((await page.textContent('.pages-head')).includes('1 to 12 of 15, those that moved most first'), await page.textContent('.pages-head'));
    check((await count(page, 'figcaption:has-text("Distribution of")')) === 12, 'twelve are drawn');
    await page.click('.pages-head >> text=Next');
    check((await count(page, 'figcaption:has-text("Distribution of")')) === 3, 'then the rest');
    await page.click('.pages-head >> text=Show all 15');
    check((await count(page, 'figcaption:has-text("Distribution of")')) === 15, 'or all');
    await open(page, m, '?tab=tables');
    const row = page.locator('tr', { has: page.locator('td:text-is("column14")') }).first();
    const p = (await row.locator('td').allTextContents()).slice(-2);
    check(p.every((x) => /^[1-9](\.\d+)?E-\d+$/.test(x)), `small p-values are powers of ten, not ${p}`);
  },

  async 'hundreds of groups: the worst first, the rest by pages, and what to do'({ server, page }) {
    const next = random(11);
    const data = Array.from({ length: 3000 }, (_, i) => {
      const age = (18 + (i % 400) / 8).toFixed(3);
      return [age, next() < 0.5 ? 1 : 0, next() < (i % 400 === 7 ? 0 : 0.5) ? 1 : 0];
    });
    const m = await measured(server, 'ages', { kind: 'bias_fairness_test', head: ['age', 'y', 'p'], data, parameters: { label: 'y', prediction: 'p', groups: ['age'], min_group: 1, resamples: 100 }, limits: ['selection_rate[*]>=0.01'] });
    await open(page, m);
    const text = await page.textContent('main');
    check(text.includes('age has 400 groups') && text.includes('needs bins: say in the plan where ranges begin'), 'a column of numbers needs bins');
    const judged = page.locator('.card', { has: page.locator('.judged') });
    check((await count(page, '.judged')) === 8 && (await judged.textContent()).includes('1 to 8 of 400, the worst first'), 'the limits are paged');
    const fig = figure(page, 'selection rate');
    check((await fig.locator('.row-label').count()) === 12, 'twelve groups are drawn');
    const first = await fig.locator('g[class^=tone] >> nth=0').getAttribute('class');
    check(first !== 'tone-good', `what fails or is undecided comes first, not ${first}`);
    await fig.locator('button:has-text("60 at once")').click();
    await fig.locator('button:has-text("Next")').click();
    check((await fig.locator('.row-label').count()) === 60 && (await fig.textContent()).includes('61 to 120 of 401'), 'sixty at once');
    const nodes = await page.evaluate(() => document.querySelectorAll('main *').length);
    check(nodes < 12000, `${nodes} elements`);
    await open(page, m, '?tab=tables');
    await page.waitForSelector('text=1 to 200 of 401');
    check((await count(page, 'tbody tr')) === 200, 'tables are paged as well');
  },

  async 'curves of calibration and robustness have their intervals'({ server, page }) {
    await open(page, await ofKind(server, 'calibration_uncertainty'));
    for (const title of ['Reliability diagram', 'Accuracy of the surest answers'])
      check((await figure(page, title).locator('.band').count()) >= 5, `${title} has intervals`);
    check((await figure(page, 'Reliability diagram').locator('.diagonal').count()) === 1, 'and the line of what would be right');
    await open(page, await ofKind(server, 'adversarial_robustness_test'));
    const fig = figure(page, 'Accuracy when rows may change');
    check((await fig.locator('.band').count()) === 6, 'found and proven at 0, 1 and 2');
    check((await fig.textContent()).includes('none can exist'), 'the certificate is explained');
  },

  async 'two runs are compared side by side'({ server, page }) {
    const [a, b] = (await server.api('GET', '/measurements?kind=calibration_uncertainty')).items;
    await open(page, a, `?with=${b.id}`);
    await page.waitForSelector('th:has-text("Other run"), .row-label:has-text("other run")', { state: 'attached' });
    const runs = (await server.api('GET', '/measurements?kind=performance_eval')).items.filter((m) => m.id < 12);
    await open(page, runs[0], `?with=${runs[1].id}`);
    const fig = figure(page, 'ROC curve');
    await fig.locator('.series-2 path.curve').waitFor();
    check((await fig.locator('.key').textContent()).toLowerCase().includes('other run'), 'both curves are in one picture and named');
    await page.selectOption('.actions select', '');
    await fig.locator('.series-2').first().waitFor({ state: 'detached' });
  },

  async 'every kind fits a phone, in German, with names of the API marked as English'({ server, page }) {
    await page.evaluate(() => localStorage.setItem('aims.lang', 'de'));
    await page.setViewportSize({ width: 360, height: 700 });
    const all = (await server.api('GET', '/measurements?limit=100')).items;
    const kinds = [...new Map(all.map((m) => [m.kind, m])).values()];
    check(kinds.length === 9, `${kinds.length} kinds`);
    for (const m of kinds) {
      await open(page, m);
      await page.waitForSelector('figure');
      await page.waitForTimeout(300);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      check(wide <= 0, `${m.kind} is ${wide} px too wide`);
      const cut = await page.evaluate(() => [...document.querySelectorAll('svg.chart')].flatMap((svg) => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter((x) => x.getBoundingClientRect().right > Math.min(innerWidth, box.right + 16) || x.getBoundingClientRect().left < box.left - 8)
          .map((x) => `${svg.getAttribute('aria-label')}: ${x.textContent}`);
      }));
      check(cut.length === 0, `${m.kind}: cut off at 360 px: ${cut.slice(0, 5).join('; ')}`);
      const titles = await page.locator('figcaption:not([lang=en])').allTextContents();
      const english = titles.filter((x) => /\b(of|and|the|when|against|answers|curve|by)\b/.test(x));
      check(english.length === 0, `${m.kind}: ${english.join('; ')}`);
    }
  },
});
