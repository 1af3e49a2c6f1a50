// main.tsx - where the page begins.
// SPDX-License-Identifier: Apache-2.0

import { render } from 'preact';
import { keepFocus } from './base/focus';
import './base/theme';
import { App } from './views/app';

const root = document.getElementById('app');
keepFocus();
root?.replaceChildren(); // the mark that was painted meanwhile
if (root) render(<App />, root);
