// language.mjs - the second language is complete: every name the server gives, every text of the main pages.
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { check, run } from './harness.mjs';

const { transformSync } = createRequire(new URL('../../web/package.json', import.meta.url))('esbuild');

/* The catalogues as the page has them. */
async function catalogue(name) {
  const source = readFileSync(new URL(`../../web/src/text/${name}.ts`, import.meta.url), 'utf8');
  const { code } = transformSync(source, { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

const { en } = await catalogue('en');
const { de } = await catalogue('de');
const { deFields, deTypes, deValues } = await catalogue('de_records');
const { deDocs } = await catalogue('de_docs');

const spaced = (name) => name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, ' ');

/* All enumerations of the API, by walking its description. */
function enumsOf(api, found = new Set()) {
  if (Array.isArray(api)) api.forEach((x) => enumsOf(x, found));
  else if (api && typeof api === 'object') {
    if (Array.isArray(api.enum)) api.enum.forEach((x) => typeof x === 'string' && found.add(x));
    Object.values(api).forEach((x) => enumsOf(x, found));
  }
  return found;
}

const JSON_TYPES = ['boolean', 'integer', 'number', 'string', 'array', 'object'];
const NEEDS = ['label', 'groups', 'model', 'reference', 'clause', 'control'];

async function missing(server) {
  const types = await server.api('GET', '/types');
  const kinds = await server.api('GET', '/kinds');
  const lacks = [];
  const ask = (table, name, what) => name in table || lacks.push(`${what} ${name}`);
  for (const type of types) {
    ask(deTypes, type.title, 'type');
    ask(deDocs, type.doc, 'sentence of a type:');
    for (const f of type.fields) {
      ask(deFields, f.name, `member of ${type.name}:`);
      if (!f.read_only) ask(deDocs, f.doc, `sentence of ${type.name}.${f.name}:`);
      (f.names ?? []).forEach((n) => ask(deValues, n, `value of ${type.name}.${f.name}:`));
    }
  }
  for (const k of kinds) {
    ask(deValues, k.id, 'kind');
    ask(deDocs, k.description, `sentence of ${k.id}:`);
    for (const o of k.options) {
      ask(deFields, o.name, `option of ${k.id}:`);
      ask(deDocs, o.description, `sentence of ${k.id}, ${o.name}:`);
    }
  }
  for (const v of enumsOf(await server.api('GET', '/openapi.json')))
    if (!JSON_TYPES.includes(v) && !NEEDS.includes(v)) ask(deValues, v, 'value of the API:');
  const about = await server.api('GET', '/about');
  about.roles.forEach((r) => ask(deDocs, r.doc, `sentence of ${r.name}:`));
  about.capabilities.forEach((c) => ask(deDocs, c.doc, `sentence of ${c.name}:`));
  (await server.api('GET', '/settings')).items.forEach((s) => ask(deDocs, s.doc, `sentence of ${s.name}:`));
  for (const s of Object.keys((await server.api('GET', '/status')).controls)) ask(deValues, s, 'status');
  return lacks;
}

/* English texts that a German page must not show; those with holes as patterns. */
function english() {
  const escape = (text) => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  const patterns = [];
  const plain = new Set();
  for (const [key, text] of Object.entries(en)) {
    if (text === de[key] || Object.values(de).includes(text)) continue;
    if (/\{\w+\}/.test(text)) patterns.push(`^${escape(text).replace(/\{\w+\}/g, '.+')}$`);
    else plain.add(text);
  }
  const german = new Set([...Object.values(deFields), ...Object.values(deValues), ...Object.values(deTypes).flat(), ...Object.values(de)]);
  for (const name of [...Object.keys(deFields), ...Object.keys(deValues)]) if (!german.has(spaced(name))) plain.add(spaced(name));
  for (const title of Object.keys(deTypes)) if (!german.has(title)) plain.add(title);
  return { plain: [...plain], patterns: patterns.filter((p) => p.replace(/[.+^$ ]/g, '').length > 4) };
}

/* Everything a reader meets: text, and what is read out or shown on hovering. Data of records are no texts of the page. */
function shown() {
  const texts = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest('bdi, pre, script, [lang=en]')) texts.add(walk.currentNode.data.trim());
  for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]'))
    for (const a of ['aria-label', 'title', 'placeholder']) texts.add((e.getAttribute(a) ?? '').trim());
  return [...texts].filter(Boolean);
}

/* What the server tells is data and may be English: docs of members, titles of the catalogue, what people wrote. */
function hearData(page) {
  const data = new Set();
  const take = (x, only) => {
    if (typeof x === 'string') data.add(x.trim());
    else if (x && typeof x === 'object') for (const [k, v] of Object.entries(x)) if (!only || k === only || typeof v === 'object') take(v, only);
  };
  page.on('response', (r) => {
    if (!/json/.test(r.headers()['content-type'] ?? '')) return;
    r.json().then((x) => take(x, r.url().endsWith('/types') ? 'doc' : null), () => undefined);
  });
  return data;
}

const PAGES = ['', 'map', 'map/A.5.4', 'systems', 'systems/1', 'systems/1?tab=card', 'plans', 'plans/1', 'plans/6/edit', 'plans/new', 'measurements', 'measurements/1',
  'measurements/2', 'measurements/4', 'measurements/5', 'measurements/6', 'measurements/7', 'measurements/8', 'measurements/8?tab=tables', 'measurements/8?tab=subject', 'measurements/10', 'measurements/13', 'risks', 'risks/1', 'controls', 'crosswalk', 'documents', 'documents/1', 'findings', 'findings?list=all',
  'log', 'account', 'admin', 'admin?tab=tokens', 'admin?tab=jobs', 'admin?tab=store', 'admin?tab=settings', 'admin?tab=server', 'people/1', 'people/new', 'suppliers', 'evidence', 'nowhere'];

await run({
  async 'every type, member, value, option and status has a German name and sentence'({ server }) {
    const lacks = await missing(server);
    check(lacks.length === 0, `without a German name (web/src/text/de_records.ts):\n${lacks.join('\n')}`);
  },

  async 'no text of the page is left in English'({ page }) {
    const { plain, patterns } = english();
    check(plain.length > 250 && patterns.length > 20, `${plain.length} texts and ${patterns.length} patterns differ`);
    await page.evaluate(() => localStorage.setItem('aims.lang', 'de'));
    const left = [];
    const data = hearData(page);
    const isData = (text) => data.has(text.replace(/^· /, '')) || data.has(text.replace(/\.$/, ''));
    for (const path of PAGES) {
      await page.goto(`${page.base}/${path && `ui/${path}`}`);
      await page.waitForSelector('main h1, main h2');
      await page.waitForTimeout(400);
      const texts = await page.evaluate(shown);
      for (const text of texts)
        if (!isData(text) && (plain.includes(text) || patterns.some((p) => new RegExp(p).test(text)))) left.push(`/ui/${path}: ${text}`);
    }
    check(left.length === 0, `English on a German page:\n${left.join('\n')}`);
  },
});
