// pages.mjs - the addresses that every test of the whole page visits: each view, each of its faces.
// SPDX-License-Identifier: Apache-2.0

export const PAGES = ['/', '/ui/map', '/ui/map/A.5.4', '/ui/systems', '/ui/systems/1', '/ui/systems/1/edit', '/ui/plans/new', '/ui/plans/6/edit',
  '/ui/risks', '/ui/measurements', '/ui/measurements/1', '/ui/measurements/2', '/ui/measurements/3?tab=tables', '/ui/measurements/5', '/ui/measurements/6', '/ui/measurements/8', '/ui/measurements/10', '/ui/measurements/7?tab=subject', '/ui/controls/1?tab=history', '/ui/people/1?tab=uses', '/ui/log',
  '/ui/log/3', '/ui/log?tab=history', '/ui/log?tab=bag', '/?as=engineer', '/?as=auditor', '/?as=operator', '/ui/dataset-versions/new', '/ui/dataset-versions/2', '/ui/crosswalk', '/ui/controls', '/ui/controls?edit=A.2.3', '/ui/findings', '/ui/plans/1', '/ui/systems?list=all', '/ui/systems/1?tab=card', '/ui/documents/1',
  '/ui/documents/1?tab=differences', '/ui/account', '/ui/admin', '/ui/admin?tab=tokens', '/ui/admin?tab=jobs', '/ui/admin?tab=store', '/ui/admin?tab=settings', '/ui/admin?tab=server', '/ui/nowhere'];

/** Opens one of them and waits until it is there. */
export async function settle(page, path) {
  await page.goto(page.base + path);
  await page.waitForSelector('main h1, main h2');
  await page.waitForTimeout(300);
}
