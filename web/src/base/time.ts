// time.ts - moments and days in the reader's own zone and language.
// SPDX-License-Identifier: Apache-2.0

import { computed } from '@preact/signals';
import { lang } from '../text/text';

const formats = computed(() => ({
  day: new Intl.DateTimeFormat(lang.value, { dateStyle: 'medium' }),
  utcDay: new Intl.DateTimeFormat(lang.value, { dateStyle: 'medium', timeZone: 'UTC' }),
  moment: new Intl.DateTimeFormat(lang.value, { dateStyle: 'medium', timeStyle: 'short' }),
  exact: new Intl.DateTimeFormat(lang.value, { dateStyle: 'full', timeStyle: 'long' }),
  relative: new Intl.RelativeTimeFormat(lang.value, { numeric: 'auto' }),
}));

/** A date without a time is the same day everywhere. */
export const showDate = (iso: string): string => formats.value.utcDay.format(new Date(iso));
export const showTime = (iso: string): string => formats.value.moment.format(new Date(iso));
export const showExact = (iso: string): string => formats.value.exact.format(new Date(iso));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31557600], ['month', 2629800], ['week', 604800], ['day', 86400], ['hour', 3600],
  ['minute', 60],
];

/** "3 days ago", "in 2 hours"; below a minute "now". */
export function showAgo(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return formats.value.relative.format(Math.trunc(seconds / size), unit);
  return formats.value.relative.format(0, 'second');
}
