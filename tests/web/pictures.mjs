// pictures.mjs - makes the pictures of the README and of the walkthrough's end from the sample organisation, as it runs.
// SPDX-License-Identifier: Apache-2.0
//
// usage: node pictures.mjs AIMS DIR

import { Browser, Server } from './harness.mjs';
import { picture } from './picture.mjs';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 720 };
const PICTURES = [
  { name: 'home', path: '/?as=lead', ...DESKTOP },
  { name: 'map', path: '/ui/map/A.5.4', ...DESKTOP },
  { name: 'dark-system', path: '/ui/systems/1', ...DESKTOP, theme: 'dark' },
  { name: 'phone-result', path: '/ui/measurements/2', ...PHONE },
  { name: 'phone-risks', path: '/ui/risks', ...PHONE, theme: 'dark' },
];

const server = await new Server(process.argv[2]).start();
const browser = await new Browser().start();
for (const { name, path, ...options } of PICTURES) {
  const page = await browser.page(server, options);
  await browser.logIn(page, path);
  await page.waitForSelector('main h1');
  await page.waitForTimeout(1000);
  await picture(page, process.argv[3], name);
  await page.context().close();
}
await browser.close();
await server.close();
