// signin.mjs - second factor, recovery codes, passkeys with Chromium's virtual authenticator, sessions.
// SPDX-License-Identifier: Apache-2.0

import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { check, PASSWORD, run } from './harness.mjs';

const jsqr = createRequire(new URL('../../web/package.json', import.meta.url))('jsqr').default;

/** RFC 6238 by node's own HMAC: the code of now, or of the step before; never at the end of a step, where it would be late. */
async function totp(base32, step = 0) {
  const left = 30000 - (Date.now() % 30000);
  if (left < 8000) await new Promise((done) => setTimeout(done, left + 50));
  const bits = [...base32.replace(/ /g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + step));
  const mac = createHmac('sha1', key).update(count).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

const card = (page, title) => page.locator('section.card', { has: page.locator(`h2:text-is("${title}")`) });

async function open(page) {
  await page.goto(`${page.base}/ui/account`);
  await page.waitForSelector('h2:text-is("Second factor")');
}

async function logOut(page) {
  await page.click('header .menu summary');
  await page.click('button:has-text("Log out")');
  await page.waitForSelector('[name=password]');
}

async function login(page) {
  await page.fill('[name=name]', 'admin');
  await page.fill('[name=password]', PASSWORD);
  await page.click('button:text-is("Log in")');
}

async function device(page, options = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options },
  });
  return { cdp, authenticatorId };
}

async function addPasskey(page, name) {
  await page.click('button:has-text("Add a passkey")');
  const form = card(page, 'Passkeys').locator('form');
  await form.locator('[name=name]').fill(name);
  await form.locator('[name=password]').fill(PASSWORD);
  await form.locator('button[type=submit]').click();
}

/* What a camera sees: a screenshot, its pixels, and a decoder that others wrote. */
async function readCode(browser, page) {
  const png = (await page.locator('svg.qr').screenshot()).toString('base64');
  const blank = await (await browser.chromium.newContext()).newPage();
  const seen = await blank.evaluate(async (b64) => {
    const img = new Image();
    img.src = `data:image/png;base64,${b64}`;
    await img.decode();
    const canvas = new OffscreenCanvas(img.width, img.height).getContext('2d');
    canvas.drawImage(img, 0, 0);
    return { width: img.width, height: img.height, data: [...canvas.getImageData(0, 0, img.width, img.height).data] };
  }, png);
  await blank.context().close();
  return jsqr(Uint8ClampedArray.from(seen.data), seen.width, seen.height)?.data;
}

await run({
  async 'a second factor is turned on, asked for, and turned off'({ browser, page }) {
    await page.click('header .menu summary');
    await page.click('a:has-text("My account")');
    const factor = card(page, 'Second factor');
    await factor.locator('[name=password]').fill('not the password');
    await factor.locator('button[type=submit]').click();
    await factor.locator('.problem').waitFor();
    await factor.locator('[name=password]').fill(PASSWORD);
    await factor.locator('button[type=submit]').click();
    const secret = await page.locator('#totp-secret').textContent();
    const uri = await factor.locator('a[href^="otpauth://totp/aims:admin?secret="]').getAttribute('href');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const read = await readCode(browser, page);
      check(read === uri && uri.includes(secret.replace(/ /g, '')), `the code says ${read}, not ${uri}`);
      check((await browser.axe(page)).length === 0, `axe finds something beside the code in ${colorScheme}`);
    }
    await factor.locator('[name=code]').fill(await totp(secret, -1));
    await factor.locator('button[type=submit]').click();
    await page.waitForSelector('dialog .codes li');
    const codes = await page.locator('dialog .codes code').allTextContents();
    check(codes.length === 10, `${codes.length} recovery codes`);
    check((await browser.axe(page)).length === 0, 'axe finds something in the recovery codes');
    await page.click('button:has-text("I have kept them")');
    await factor.locator('text=10 recovery codes left').waitFor();

    await logOut(page);
    await login(page);
    await page.waitForSelector('[name=code]');
    check((await page.inputValue('[name=password]')) === PASSWORD, 'the password is gone');
    check((await browser.axe(page)).length === 0, 'axe finds something at the door');
    await page.fill('[name=code]', '000000x');
    await page.click('button:text-is("Log in")');
    await page.waitForSelector('.problem');
    await page.fill('[name=code]', await totp(secret));
    await page.click('button:text-is("Log in")');
    await page.waitForSelector('main#main h1');

    await open(page);
    await page.click('button:has-text("Turn it off")');
    await factor.locator('form [name=password]').fill(PASSWORD);
    await factor.locator('form [name=code]').fill(codes[0]);
    await factor.locator('button:has-text("Turn the second factor off")').click();
    await factor.locator('.status:has-text("off")').waitFor();
  },

  async 'a passkey is added, logs in, is renamed and removed'({ browser, page }) {
    const { cdp, authenticatorId } = await device(page);
    await open(page);
    await addPasskey(page, 'test key');
    await page.waitForSelector('#passkeys li:has-text("test key")');
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    check(credentials.length === 1 && credentials[0].isResidentCredential && credentials[0].rpId === 'localhost', JSON.stringify(credentials));
    await addPasskey(page, 'the same again'); // the device has it already
    await card(page, 'Passkeys').locator('.problem').waitFor();

    await logOut(page);
    await page.click('button:has-text("Log in with a passkey")');
    await page.waitForSelector('main#main h1');
    await open(page);
    await page.waitForSelector('table.sessions tr:has-text("this one") td:text-is("passkey")');
    check((await browser.axe(page)).length === 0, 'axe finds something');

    await page.click('[aria-label="Rename: test key"]');
    await page.fill('#passkeys [name=name]', '<b>her</b> phone');
    await page.click('#passkeys button[type=submit]');
    await page.click('[aria-label="Remove <b>her</b> phone"]');
    await page.waitForSelector('#passkeys', { state: 'detached' });
    await logOut(page);
    await page.click('button:has-text("Log in with a passkey")');
    await page.waitForSelector('.problem:has-text("not known here")');
  },

  async 'a device that asks for nobody is refused'({ page }) {
    const { cdp, authenticatorId } = await device(page);
    await open(page);
    await addPasskey(page, 'verified');
    await page.waitForSelector('#passkeys li');
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await logOut(page);
    await page.click('button:has-text("Log in with a passkey")');
    await page.waitForSelector('.problem');
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
    await page.click('button:has-text("Log in with a passkey")');
    await page.waitForSelector('main#main h1');
  },

  async 'sessions are listed and ended, one asks to log in again'({ browser, server, page }) {
    const other = await browser.page(server);
    await browser.logIn(other);
    await open(page);
    await page.waitForSelector('table.sessions tbody tr:nth-child(2)');
    let left = await page.locator('table.sessions tbody tr').count();
    for (; left > 1; left--) {
      await page.locator('table.sessions button:has-text("End it")').first().click();
      await page.waitForFunction((n) => document.querySelectorAll('table.sessions tbody tr').length === n, left - 1);
    }
    await other.goto(`${other.base}/ui/map`);
    await other.waitForSelector('[name=password]');
    await other.context().close();
  },

  async 'an administrator takes factors off another account'({ server, page }) {
    server.cookie = undefined; // its session was ended
    await server.api('POST', '/accounts', { name: 'lost.phone', role: 'engineer' });
    await page.goto(`${page.base}/ui/admin`);
    await page.locator('tr:has-text("lost.phone") button:text-is("Sign-in")').click();
    await page.waitForSelector('dialog:has-text("Nobody is logged in with it.")');
    await page.click('dialog button:text-is("Take factors away")');
    await page.waitForSelector('.toasts:has-text("taken off")');
  },

  async 'a link for a lost password still asks for the second factor'({ browser, server, page }) {
    const link = async (path, body) => (await server.api('POST', path, body)).link;
    const visit = async (at) => {
      const other = await browser.page(server);
      await other.goto(other.base + at);
      await other.fill('[name=password]', 'a sentence of hers');
      await other.fill('[name=again]', 'a sentence of hers');
      await other.click('button[type=submit]');
      return other;
    };
    const first = await visit(await link('/accounts', { name: 'ida', role: 'engineer' }));
    await first.waitForSelector('main#main h1');
    await open(first);
    const factor = card(first, 'Second factor');
    await factor.locator('[name=password]').fill('a sentence of hers');
    await factor.locator('button[type=submit]').click();
    const secret = await first.locator('#totp-secret').textContent();
    await factor.locator('[name=code]').fill(await totp(secret, -1));
    await factor.locator('button[type=submit]').click();
    await first.waitForSelector('dialog .codes li');

    const again = await visit(await link('/accounts/ida/reset'));
    await again.waitForSelector('.note:has-text("The password is set")');
    await again.fill('[name=name]', 'ida');
    await again.fill('[name=password]', 'a sentence of hers');
    await again.click('button:text-is("Log in")');
    await again.fill('[name=code]', await totp(secret));
    await again.click('button:text-is("Log in")');
    await again.waitForSelector('main#main h1');
    await first.goto(`${first.base}/ui/account`);
    await first.waitForSelector('[name=password]'); // her old session has ended
    await first.context().close();
    await again.context().close();
    check(page.url().startsWith(server.site), 'the administrator stays');
  },

  async 'an address is no name for a passkey'({ browser, server }) {
    const here = { ...server, site: server.base };
    const page = await browser.page(here);
    await browser.logIn(page);
    await open(page);
    await page.waitForSelector('#no-passkeys:has-text("under an address (127.0.0.1)")');
    check((await page.locator('button:has-text("Add a passkey")').count()) === 0, 'a button that cannot work');
    check((await page.getAttribute('#no-passkeys a', 'href')) === `${server.site}/ui/account`, 'the way to the name');
    await page.context().close();
  },

  async 'the password is changed, other sessions end'({ page }) {
    await open(page);
    const form = card(page, 'Change the password').locator('form');
    await form.locator('[name=password]').fill(PASSWORD);
    await form.locator('[name=fresh]').fill('another long sentence');
    await form.locator('[name=again]').fill('not the same at all');
    await form.locator('button').click();
    await form.locator('.problem').waitFor();
    check((await form.locator('[name=password]').inputValue()) === PASSWORD, 'what was typed is gone');
    await form.locator('[name=again]').fill('another long sentence');
    await form.locator('button').click();
    await page.waitForSelector('.toasts:has-text("The password is changed")');
    await logOut(page);
    await login(page);
    await page.waitForSelector('.problem');
  },
}, { host: 'localhost' });
