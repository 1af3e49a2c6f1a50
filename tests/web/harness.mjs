// harness.mjs - a real server on a sample organisation, a real browser, and what every test demands.
// SPDX-License-Identifier: Apache-2.0

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SKIP = 77;
const PASSWORD = 'correct horse battery';
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function skip(why) {
  console.log(`SKIP: ${why}`);
  process.exit(SKIP);
}

function load(name) {
  try {
    return require(name);
  } catch {
    return skip(`${name} is not installed: script/setup test`);
  }
}

/** Serves a data directory of its own; the administrator's password is set. */
export class Server {
  constructor(aims, { sample = true, host = '127.0.0.1' } = {}) {
    this.host = host;
    this.aims = aims;
    this.dir = mkdtempSync(join(tmpdir(), 'aims-web-'));
    this.data = join(this.dir, 'data');
    const make = () => spawnSync(aims, ['init', ...(sample ? ['--sample'] : []), this.data], { encoding: 'utf8' });
    let made = make();
    if (made.stderr.includes('LeakSanitizer has encountered a fatal error')) {
      rmSync(this.data, { recursive: true, force: true }); // its own tracer crashed, which says nothing of the program
      made = make();
    }
    if (made.status !== 0) throw new Error(made.stderr);
  }

  async start(port = 0) {
    this.child = spawn(this.aims, ['serve', '--data', this.data, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.said = '';
    await new Promise((done, fail) => {
      const hear = (chunk) => {
        this.said += chunk;
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(this.said);
        if (!found || (!this.code && !this.had && !/code=([\w-]+)/.test(this.said))) return;
        this.port = Number(found[1]);
        this.code = /code=([\w-]+)/.exec(this.said)?.[1] ?? this.code;
        done();
      };
      this.child.stdout.on('data', hear);
      this.child.stderr.on('data', hear);
      this.child.on('exit', (code) => fail(new Error(`aims ended with ${code}: ${this.said}`)));
    });
    this.base = `http://127.0.0.1:${this.port}`;
    this.site = `http://${this.host}:${this.port}`; // as the browser knows it
    if (!this.had) {
      const r = await fetch(`${this.base}/api/v1/sessions/redeem`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ code: this.code, password: PASSWORD }),
      });
      if (r.status !== 201) throw new Error(await r.text());
      this.had = true;
    }
    return this;
  }

  async stop() {
    if (!this.child) return;
    this.child.removeAllListeners('exit');
    const ended = new Promise((done) => this.child.on('exit', done));
    this.child.kill('SIGTERM');
    await ended;
    this.child = null;
  }

  async close() {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The API as the administrator, beside the browser: what somebody else does meanwhile. */
  async api(method, path, body, version) {
    if (!this.cookie) {
      const login = await fetch(`${this.base}/api/v1/sessions`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: 'admin', password: PASSWORD }),
      });
      this.cookie = login.headers.get('set-cookie').split(';')[0];
      this.csrf = (await login.json()).csrf;
    }
    const headers = { Cookie: this.cookie, 'X-CSRF-Token': this.csrf, 'Content-Type': 'application/json' };
    if (version) headers['If-Match'] = `"${version}"`;
    const r = await fetch(`${this.base}/api/v1${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
    return r.status === 204 ? null : r.json();
  }
}

/** A browser whose pages fail the test for any error, any violation of the policy, any foreign request. */
export class Browser {
  async start() {
    const path = BROWSERS.find(existsSync);
    if (!path) skip('no Chromium is installed: script/setup test');
    const { chromium } = load('playwright-core');
    this.faults = [];
    this.allowed = [];
    this.chromium = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
    return this;
  }

  async page(server, { width = 1280, height = 900, theme = 'light', locale = 'en-GB', ...more } = {}) {
    const context = await this.chromium.newContext({ viewport: { width, height }, colorScheme: theme, locale, ...more });
    const page = await context.newPage();
    page.on('pageerror', (e) => this.faults.push(`error: ${e.message}`));
    page.on('console', (m) => {
      if (m.type() === 'error' && !/Failed to load resource|net::ERR/.test(m.text())) this.faults.push(`console: ${m.text()}`);
    });
    page.on('request', (r) => {
      if (!r.url().startsWith(server.site) && !r.url().startsWith('data:') && !r.url().startsWith('blob:')) this.faults.push(`foreign request: ${r.url()}`);
    });
    page.setDefaultTimeout(10000);
    page.base = server.site;
    return page;
  }

  async logIn(page, to = '/') {
    await page.goto(page.base + to);
    await page.fill('[name=name]', 'admin');
    await page.fill('[name=password]', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForSelector('main#main h1');
  }

  /** What axe-core finds on the page as it is. */
  async axe(page) {
    const source = load('axe-core').source;
    await page.evaluate(source);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return found.violations.map((v) => `${page.url()}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`);
  }

  async close() {
    await this.chromium.close();
  }
}

export { PASSWORD };

/** Runs the tests one after the other and ends with a code; `t` has server, browser and page. */
export async function run(tests, options = {}) {
  const server = await new Server(process.argv[2], options).start();
  const browser = await new Browser().start();
  let failed = 0;
  for (const [name, fn] of Object.entries(tests)) {
    browser.faults = [];
    const page = await browser.page(server, options);
    try {
      await browser.logIn(page);
      await fn({ server, browser, page });
      if (browser.faults.length) throw new Error(browser.faults.join('\n'));
      console.log(`ok   ${name}`);
    } catch (e) {
      failed++;
      console.log(`FAIL ${name}: ${e.stack ?? e}`);
      await page.screenshot({ path: join(tmpdir(), `aims-web-${name.replace(/\W+/g, '-')}.png`) }).catch(() => {});
    }
    await page.context().close();
  }
  await browser.close();
  await server.close();
  process.exit(failed ? 1 : 0);
}

export function check(condition, text) {
  if (!condition) throw new Error(text);
}
