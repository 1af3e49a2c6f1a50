// main.tsx - where the page begins.
// SPDX-License-Identifier: Apache-2.0

import { render } from 'preact';
import { keepFocus } from './base/focus';
import './base/theme';
import { speakFirst } from './text/text';
import { App } from './views/app';

function begin(root: HTMLElement): void {
  keepFocus();
  root.replaceChildren(); // the mark that was painted meanwhile
  render(<App />, root);
}

const root = document.getElementById('app');
if (root) void speakFirst().then(() => begin(root));
