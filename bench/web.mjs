// web.mjs - the page on 100,000 systems, as many risks and as many measurements: bytes and time of the first load, of each navigation, of a long scroll.
// SPDX-License-Identifier: Apache-2.0
//
// usage: node bench/web.mjs BUILD [N]     needs web/node_modules (script/setup test) and Chromium
//
// bench_api puts the records straight into the store and makes a token; the browser sends it with every request.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [build, n = '100000'] = process.argv.slice(2);
const { chromium } = createRequire(new URL('../web/package.json', import.meta.url))('playwright-core');
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const dir = mkdtempSync(join(tmpdir(), 'aims-bench-'));
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

function load() {
  spawnSync('ninja', ['-C', build, 'bench/bench_api', 'src/cli/aims'], { stdio: 'ignore' });
  const made = spawnSync(join(build, 'bench/bench_api'), [join(dir, 'data'), n], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return made.stdout.trim();
}

async function serve() {
  const child = spawn(join(build, 'src/cli/aims'), ['serve', '--data', join(dir, 'data'), '--listen', '127.0.0.1:0']);
  const base = await new Promise((done) => child.stdout.on('data', (x) => {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(String(x));
    if (found) done(found[0]);
  }));
  return { child, base };
}

/* A person who was never here: nothing is cached. */
async function firstLoad(browser, base, token) {
  const context = await browser.newContext({ extraHTTPHeaders: { Authorization: `Bearer ${token}` }, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const urls = new Map();
  let [assets, api] = [0, 0];
  cdp.on('Network.responseReceived', (e) => urls.set(e.requestId, e.response.url));
  cdp.on('Network.loadingFinished', (e) => (urls.get(e.requestId)?.includes('/api/') ? (api += e.encodedDataLength) : (assets += e.encodedDataLength)));
  await page.goto(base);
  await page.waitForSelector('main h1');
  await page.waitForTimeout(400);
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  return { page, context, assets, api, paint };
}

/* From the click to the last change of the page before it rested for 250 ms. */
const visit = (page, path) => page.evaluate((to) => new Promise((done) => {
  const start = performance.now();
  let last = start;
  let timer = 0;
  const watch = new MutationObserver(() => {
    last = performance.now();
    window.clearTimeout(timer);
    timer = window.setTimeout(end, 250);
  });
  const end = () => {
    if (document.querySelector('main .loading') && performance.now() - start < 20000) return (timer = window.setTimeout(end, 50));
    watch.disconnect();
    done(last - start);
  };
  watch.observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true, attributes: true });
  const a = document.body.appendChild(Object.assign(document.createElement('a'), { href: to }));
  a.click();
  a.remove();
  timer = window.setTimeout(end, 250);
}), path);

const PLACES = { home: '/', 'home of an engineer': '/?as=engineer', 'assurance map': '/ui/map', systems: '/ui/systems', 'plain list of systems': '/ui/systems?list=all',
  risks: '/ui/risks', 'plain list of risks': '/ui/risks?list=all', 'one record': '/ui/risks/77/record', 'one system': '/ui/systems/77', measurements: '/ui/measurements', 'trail of a control': '/ui/map/A.6.2.4', findings: '/ui/findings', soa: '/ui/controls', frameworks: '/ui/crosswalk', 'log explorer': '/ui/log' };

async function navigations(browser, base, token) {
  const first = Object.fromEntries(Object.keys(PLACES).map((k) => [k, []]));
  const again = structuredClone(first);
  for (let i = 0; i < 5; i++) {
    const { page, context } = await firstLoad(browser, base, token);
    for (const times of [first, again])
      for (const [name, path] of Object.entries(PLACES)) {
        await visit(page, '/ui/people');
        times[name].push(await visit(page, path));
      }
    await context.close();
  }
  row('navigation', 'first time', 'later');
  row('-', '-', '-');
  for (const name of Object.keys(PLACES)) row(name, `${median(first[name]).toFixed(0)} ms`, `${median(again[name]).toFixed(0)} ms`);
}

/* Down to the last row as fast as pages arrive; a frame that takes long is felt. */
const scrollToEnd = (page) => page.evaluate(() => new Promise((done) => {
  const grid = document.querySelector('.grid');
  const total = Number(grid.querySelector('table').getAttribute('aria-rowcount'));
  const frames = [];
  const start = performance.now();
  let before = start;
  const step = (now) => {
    frames.push(now - before);
    before = now;
    grid.scrollTop = grid.scrollHeight;
    const last = Number([...grid.querySelectorAll('tr[data-row]')].at(-1)?.dataset.row ?? 0);
    if (last + 1 < total && now - start < 120000) return requestAnimationFrame(step);
    frames.sort((a, b) => a - b);
    done({ rows: last + 1, seconds: (now - start) / 1000, p50: frames[Math.floor(frames.length / 2)], p99: frames[Math.floor(frames.length * 0.99)],
      most: frames.at(-1), nodes: grid.querySelectorAll('tr').length });
  };
  requestAnimationFrame(step);
}));

async function scroll(browser, base, token) {
  const { page, context } = await firstLoad(browser, base, token);
  const cdp = await context.newCDPSession(page);
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize;
  };
  await visit(page, '/ui/systems?list=all');
  const before = await heap();
  const r = await scrollToEnd(page);
  console.log(`scroll to row ${r.rows}: ${r.seconds.toFixed(1)} s; frames p50 ${r.p50.toFixed(0)} ms, p99 ${r.p99.toFixed(0)} ms, longest ${r.most.toFixed(0)} ms; `
    + `${r.nodes} rows exist; heap ${kB(before)} before, ${kB(await heap())} after`);
  await context.close();
}

const token = load();
const { child, base } = await serve();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const loads = [];
  for (let i = 0; i < 7; i++) {
    const x = await firstLoad(browser, base, token);
    await x.context.close();
    loads.push(x);
  }
  console.log(`first load of home: page ${kB(median(loads.map((x) => x.assets)))}, data ${kB(median(loads.map((x) => x.api)))}, `
    + `first contentful paint ${median(loads.map((x) => x.paint)).toFixed(0)} ms (median of ${loads.length})`);
  await navigations(browser, base, token);
  await scroll(browser, base, token);
} finally {
  await browser.close();
  child.kill('SIGTERM');
  await new Promise((done) => child.on('exit', done));
  rmSync(dir, { recursive: true, force: true });
}
