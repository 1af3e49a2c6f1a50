// pictures.mjs - makes the pictures of the README from the sample organisation, as it runs.
// SPDX-License-Identifier: Apache-2.0
//
// usage: node pictures.mjs AIMS DIR

import { Browser, Server } from './harness.mjs';
import { picture } from './picture.mjs';

const PICTURES = { home: '/?as=lead', map: '/ui/map/A.5.4' };

const server = await new Server(process.argv[2]).start();
const browser = await new Browser().start();
const page = await browser.page(server, { height: 800 });
await browser.logIn(page);
for (const [name, path] of Object.entries(PICTURES)) {
  await page.goto(server.base + path);
  await page.waitForSelector('main h1');
  await page.waitForTimeout(1000);
  await picture(page, process.argv[3], name);
}
await browser.close();
await server.close();
