// theme.ts - light or dark: as the system has it, or as the person says.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const kept = localStorage.getItem('aims.theme');
export const theme = signal<Theme>(kept === 'light' || kept === 'dark' ? kept : 'auto');

theme.subscribe((x) => {
  if (x === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = x;
  localStorage.setItem('aims.theme', x);
});
