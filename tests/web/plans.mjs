// plans.mjs - a measurement plan is made by hand, refused where it is wrong, run, and judged.
// SPDX-License-Identifier: Apache-2.0

import { check, run } from './harness.mjs';

const ui = (page, path) => page.goto(`${page.base}/ui/${path}`);
const at = (path) => `[id="f-${path}"]`;

async function pick(page, member, text) {
  await page.fill(`#f-${member}`, text);
  await page.click(`#f-${member}-list li:has-text("${text}")`);
}

async function addTo(page, path, text) {
  await page.fill(at(path), text);
  await page.press(at(path), 'Enter');
}

async function limit(page, n, metric, slice, op, value) {
  await page.click('text=Add a limit');
  await page.selectOption(at(`limits.${n}`), metric);
  if (slice) await page.fill(`[aria-label="Limit ${n + 1}: Slice"]`, slice);
  await page.selectOption(`[aria-label="Limit ${n + 1}: Operator"]`, op);
  await page.fill(`[aria-label="Limit ${n + 1}: Value"]`, value);
}

await run({
  async 'a bias plan with two limits is made by hand, run and judged'({ server, page }) {
    await ui(page, 'plans/new');
    await page.fill('#f-name', 'Bias by hand');
    await page.selectOption('#f-kind', 'bias_fairness_test');
    check((await page.$('#f-reference_version')) === null, 'this kind compares with no reference data');
    await pick(page, 'system', 'Loan scoring');
    await pick(page, 'model_version', 'loan-gbm');
    await pick(page, 'dataset_version', 'Loans for testing');
    await page.waitForSelector(`[id="f-parameters.label-known"] option[value=repaid]`, { state: 'attached' });
    check((await page.$(at('parameters.score'))) === null, 'the model gives the scores');
    await page.fill(at('parameters.label'), 'repaid');
    await page.fill(at('parameters.positive'), '1');
    await page.fill(at('parameters.threshold'), '0.6');
    await addTo(page, 'parameters.groups', 'sex');
    await limit(page, 0, 'demographic_parity_ratio', '', '>=', '0,9');
    await limit(page, 1, 'selection_rate', '*', '>=', '0.05');
    await page.fill('#f-fresh_days', '90');
    await page.reload();
    check((await page.inputValue(at('parameters.label'))) === 'repaid', 'what was typed is here after a reload');
    check((await page.inputValue('[aria-label="Limit 2: Slice"]')) === '*', 'its limits as well');
    await page.check('#f-active');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('h1:has-text("Bias by hand")');
    const plan = (await server.api('GET', '/plans?name=Bias%20by%20hand')).items[0];
    check(JSON.stringify(plan.limits) === '["demographic_parity_ratio>=0.9","selection_rate[*]>=0.05"]', JSON.stringify(plan.limits));
    check(JSON.stringify(plan.parameters.groups) === '["sex"]' && plan.parameters.threshold === 0.6, JSON.stringify(plan.parameters));
    await page.click('text=Run now');
    await page.waitForSelector('text=See the result', { timeout: 60000 });
    await page.click('text=See the result');
    await page.waitForSelector('.judged:has-text("demographic parity ratio")');
    check((await page.$$('.judged')).length >= 3, 'every limit was judged, that of each group too');
  },

  async 'refusals of the server stand at the right input'({ page }) {
    await ui(page, 'plans/2/edit');
    await page.waitForSelector(at('limits.1'));
    await page.fill('[aria-label="Limit 2: Value"]', 'much');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('.limit-rows li:nth-child(2).bad');
    check(await page.evaluate(() => document.activeElement?.id === 'f-limits.1'), 'the refused limit has the focus');
    await page.fill('[aria-label="Limit 2: Value"]', '0.05');
    await page.click('summary:has-text("how it is counted")');
    await page.fill(at('parameters.resamples'), '7');
    await page.click('button:has-text("Save")');
    await page.waitForSelector(`.field.bad ${at('parameters.resamples')}`);
    await page.fill(at('parameters.resamples'), '200');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('text=Saved');
  },

  async 'the same as JSON, and options as inputs of their type'({ server, page }) {
    await ui(page, 'plans/6/edit');
    await page.waitForSelector(at('parameters.options.rows'));
    check((await page.inputValue(at('parameters.options.rows'))) === '1000', 'the option is read');
    await page.fill(at('parameters.options.rows'), '900');
    await page.click('fieldset#f-parameters > button:has-text("as JSON")');
    const text = await page.inputValue('textarea.code');
    check(JSON.parse(text).options.rows === 900 && JSON.parse(text).options.corruptions.length === 2, text);
    await page.fill('textarea.code', text.replace('900', '800'));
    await page.click('fieldset#f-parameters > button:has-text("as JSON")');
    check((await page.inputValue(at('parameters.options.rows'))) === '800', 'and read back');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('text=Saved');
    const plan = await server.api('GET', '/plans/6');
    check(plan.parameters.options.rows === 800 && plan.limits.length === 2, JSON.stringify(plan));
  },

  async 'reference data are asked for where the kind needs them'({ page }) {
    await ui(page, 'plans/new');
    await page.selectOption('#f-kind', 'drift_monitor');
    await page.waitForSelector('#f-reference_version');
    await page.click('text=Add a limit');
    await page.waitForSelector('#limit-slices option[value="column="]', { state: 'attached' });
    await page.selectOption('#f-kind', 'reproducible_run');
    await page.waitForSelector('#f-reference_version', { state: 'detached' });
    check((await page.$(at('parameters.label'))) === null, 'a repeated run names no columns');
  },
});
