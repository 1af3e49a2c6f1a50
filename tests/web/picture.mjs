// picture.mjs - saves what a page shows as WebP, half the size of a PNG.
// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Waits until short messages are gone, takes the focus away and saves FOLDER/NAME.webp. */
export async function picture(page, folder, name) {
  await page.waitForFunction(() => !document.querySelector('.toasts p'));
  await page.waitForTimeout(700);
  await page.evaluate(() => document.activeElement?.blur?.());
  const png = (await page.screenshot()).toString('base64');
  const canvas = await page.context().newPage(); /* the policy of our page allows no images made there */
  const webp = await canvas.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const c = new OffscreenCanvas(image.width, image.height);
    c.getContext('2d').drawImage(image, 0, 0);
    const bytes = new Uint8Array(await (await c.convertToBlob({ type: 'image/webp', quality: 0.85 })).arrayBuffer());
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
  }, png);
  await canvas.close();
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(webp, 'base64'));
}
