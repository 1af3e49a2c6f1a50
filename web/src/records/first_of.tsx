// first_of.tsx - says that a picture shows the newest records only, and where all of them are.
// SPDX-License-Identifier: Apache-2.0

import { href } from '../base/router';
import { showNumber, t } from '../text/text';
import type { Row } from './types';

export interface Newest {
  items: Row[];
  total?: number;
}

/** The path of the newest records of a type, with their number. */
export const newestOf = (plural: string): string => `/${plural}?limit=500&count=true`;

export function FirstOf({ page, plural }: { page: Newest; plural: string }) {
  if (page.total === undefined || page.total <= page.items.length) return null;
  return (
    <p class="note">
      {t('newest_of', { n: showNumber(page.items.length), all: showNumber(page.total) })} <a href={`${href(plural)}?list=all`}>{t('as_list')}</a>
    </p>
  );
}
