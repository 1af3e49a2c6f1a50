// walkthrough.mjs - a newcomer's first ten minutes, as docs/walkthrough.md tells them, on an empty organisation.
// SPDX-License-Identifier: Apache-2.0
//
// usage: node walkthrough.mjs AIMS [--pictures DIR]   With DIR it also makes the pictures of the document.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, run } from './harness.mjs';
import { picture } from './picture.mjs';

const DOCUMENT = new URL('../../docs/walkthrough.md', import.meta.url);
const asked = process.argv.indexOf('--pictures');
const pictures = asked > 0 ? process.argv[asked + 1] : null;

/** The commands of the document that make the data: what a newcomer types is what is tested. */
function makeData(folder) {
  const block = /```sh\n(awk [\s\S]*?)```/.exec(readFileSync(DOCUMENT, 'utf8'));
  check(block, 'the document says how the data is made');
  const made = spawnSync('sh', ['-c', block[1]], { cwd: folder, encoding: 'utf8' });
  check(made.status === 0, made.stderr);
  return join(folder, 'loans.csv');
}

const show = async (page, name) => pictures && picture(page, pictures, name);

/** The step that is next at home, by its heading. */
async function step(page, title) {
  await page.click('#nav >> text=Home');
  await page.waitForSelector(`.first-steps .next:has-text("${title}")`);
  await page.click('.first-steps .next a.button');
}

async function save(page, heading) {
  await page.click('form.record-form >> button:has-text("Save")');
  await page.waitForSelector(`h1:has-text("${heading}")`);
}

async function pick(page, member, text) {
  await page.fill(`#f-${member}`, text);
  await page.click(`#f-${member}-list li:has-text("${text}")`);
}

async function limit(page, n, metric, op, value) {
  await page.click('text=Add a limit');
  await page.selectOption(`[id="f-limits.${n}"]`, metric);
  await page.selectOption(`[aria-label="Limit ${n + 1}: Operator"]`, op);
  await page.fill(`[aria-label="Limit ${n + 1}: Value"]`, value);
}

async function people(page) {
  await step(page, 'Name the organisation');
  await page.fill('#f-name', 'Example Lender');
  await page.fill('#f-scope', 'Development and use of AI systems for consumer lending.');
  await save(page, 'Example Lender');
  await step(page, 'Add the first person');
  await page.fill('#f-name', 'Ada Brook');
  await save(page, 'Ada Brook');
  await step(page, 'Enter the first AI system');
  await page.fill('#f-name', 'Loan scoring');
  await page.fill('#f-purpose', 'Says how likely a loan is paid back. Decides nothing by itself.');
  await page.selectOption('#f-stage', 'deployment');
  check(await page.isChecked('#f-in_scope'), 'it is in scope');
  await show(page, 'walk-system');
  await save(page, 'Loan scoring');
}

async function data(page, file) {
  await step(page, 'Name the data');
  await page.fill('#f-name', 'Loans of one year');
  await page.selectOption('#f-personal_data', 'pseudonymised');
  await save(page, 'Loans of one year');
  await step(page, 'Hand in the data');
  await page.fill('#f-name', 'Loans 2026');
  await page.fill('#f-edition', '2026');
  await page.setInputFiles('#f-file_sha256-file', file);
  await page.waitForSelector('text=loans.csv is stored');
  await show(page, 'walk-data');
  await save(page, 'Loans 2026');
}

async function plan(page) {
  await step(page, 'Make the first plan');
  await page.fill('#f-name', 'Loan performance');
  await page.selectOption('#f-kind', 'performance_eval');
  await page.waitForSelector('[id="f-parameters.label-known"] option[value=repaid]', { state: 'attached' });
  await page.fill('[id="f-parameters.label"]', 'repaid');
  await page.fill('[id="f-parameters.positive"]', '1');
  await page.fill('[id="f-parameters.score"]', 'score');
  await limit(page, 0, 'auc', '>=', '0.75');
  await limit(page, 1, 'brier_score', '<=', '0.2');
  await show(page, 'walk-plan');
  await save(page, 'Loan performance');
}

async function measure(page) {
  await step(page, 'Measure for the first time');
  await page.click('text=Run now');
  await page.waitForSelector('text=See the result', { timeout: 60000 });
  await page.click('text=See the result');
  await page.waitForSelector('.judged .status.s-pass');
  await show(page, 'walk-result');
}

async function prove(page) {
  await step(page, 'Verify the first proof');
  await page.click('text=Verify in this browser');
  await page.waitForSelector('.verdict.good');
  check((await page.$$('.verdict li.good')).length === 4, 'key, signature, leaf and growth were checked');
  await show(page, 'walk-proof');
  await page.click('#nav >> text=Assurance map');
  await page.click('.tile.s-proven >> text=A.6.2.4');
  await page.waitForSelector('.trail-step a:has-text("Loan performance")');
  await page.click('#nav >> text=Home');
  await page.waitForSelector('text=The next best step');
}

await run({
  async 'a newcomer gets from nothing to a verified proof'({ server, browser, page }) {
    const folder = mkdtempSync(join(tmpdir(), 'aims-walk-'));
    try {
      await page.goto(page.base);
      await page.waitForSelector('text=The first steps');
      const faults = await browser.axe(page);
      check(faults.length === 0, faults.join('\n'));
      await show(page, 'walk-start');
      await people(page);
      await data(page, makeData(folder));
      await plan(page);
      await measure(page);
      await prove(page);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const run = (await server.api('GET', '/measurements')).items[0];
    check(run.verdict === 'pass' && run.n_rows === 2000, JSON.stringify(run));
    const proven = (await server.api('GET', '/status')).items.filter((x) => x.status === 'proven').map((x) => x.id);
    check(proven.includes('4.3') && proven.includes('A.6.2.4'), `proven: ${proven}`);
  },
}, { sample: false, height: 800 });
