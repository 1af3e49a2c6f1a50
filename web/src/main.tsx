// main.tsx - where the page begins.
// SPDX-License-Identifier: Apache-2.0

import { render } from 'preact';
import './base/theme';
import { App } from './views/app';

const root = document.getElementById('app');
if (root) render(<App />, root);
