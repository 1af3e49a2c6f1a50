// text.ts - every text of the page, by key, in the reader's language.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import { en } from './en';

export type Lang = 'en' | 'de';
export type Key = keyof typeof en;
export const LANGS: Record<Lang, string> = { en: 'English', de: 'Deutsch' };

function firstLang(): Lang {
  const kept = localStorage.getItem('aims.lang');
  if (kept === 'en' || kept === 'de') return kept;
  return navigator.language.startsWith('de') ? 'de' : 'en';
}

/* English is in the page itself: it is what remains where another language has nothing. */
const german = signal<typeof import('./german') | null>(null);
export const lang = signal<Lang>('en');

/** Fetches a language and shows it. */
async function speak(l: Lang): Promise<void> {
  if (l === 'de') german.value ??= await import('./german');
  lang.value = l;
  document.documentElement.lang = l;
}

/** Shows a language from now on; the one before stays when it cannot be had. */
export async function chooseLang(l: Lang): Promise<void> {
  await speak(l);
  localStorage.setItem('aims.lang', l);
}

/** The language chosen here before, else the browser's; English when it cannot be had. */
export const speakFirst = (): Promise<void> => speak(firstLang()).catch(() => undefined);

const inGerman = () => (lang.value === 'de' ? german.value : null);

/** The text of a key, {names} filled in. */
export function t(key: Key, fill: Record<string, string | number> = {}): string {
  return (inGerman()?.de ?? en)[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in fill ? String(fill[name]) : whole,
  );
}

/** For what is kept in English only: members of an element that say so on a page in another language. */
export const english = (): { lang?: 'en' } => (lang.value === 'en' ? {} : { lang: 'en' });

/** What the server tells about its tables, in the reader's language; undefined: there is only English. */
export const docText = (text: string): string | undefined => (lang.value === 'en' ? text : inGerman()?.deDocs[text]);

/** The text of a key that need not be there. */
export const maybe = (key: string): string | undefined => (key in en ? t(key as Key) : undefined);

/** "one" or "many" by the rules of the language: keys end in .one and .other. */
export function tn(key: string, n: number): string {
  const form = new Intl.PluralRules(lang.value).select(n) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as Key, { n: showNumber(n) });
}

export function showNumber(n: number, digits = 3): string {
  return new Intl.NumberFormat(lang.value, { maximumSignificantDigits: Math.max(digits, 1),
    ...(n !== 0 && Math.abs(n) < 1e-6 ? { notation: 'scientific' } : {}),
    ...(Number.isInteger(n) ? { maximumSignificantDigits: 21 } : {}) }).format(n);
}

/** Bytes in the unit people read: 1.2 MB. */
export function showBytes(n: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const k = n < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(n) / 3));
  return new Intl.NumberFormat(lang.value, { style: 'unit', unit: units[k] ?? 'byte', maximumSignificantDigits: 3 }).format(n / 1000 ** k);
}

const spaced = (name: string) => {
  const words = name.replace(/_/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Names of members, values and types come from the server's tables in English; the catalogue of
 * a language translates them, and what it lacks reads as the table has it. */
export const fieldLabel = (name: string): string =>
  inGerman()?.deFields[name] ?? spaced(name);
export const valueLabel = (name: string): string =>
  inGerman()?.deValues[name] ?? spaced(name);
export const typeLabel = (title: string): string =>
  inGerman()?.deTypes[title]?.[0] ?? title;
export const typeLabels = (title: string, plural: string): string =>
  inGerman()?.deTypes[title]?.[1] ?? spaced(plural.replace(/-/g, '_'));
