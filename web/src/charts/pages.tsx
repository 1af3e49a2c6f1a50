// pages.tsx - many things, a few at a time: which are shown, of how many, and the way to the others.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { showNumber, t } from '../text/text';
import { Button } from '../ui/basics';

/** From `from` to before `to` of `total` are to be shown. `control` is null when that is all there ever is. */
export function usePages(total: number, few: number, many: number, order?: string) {
  const [size, setSize] = useState(few);
  const [page, setPage] = useState(0);
  const last = Math.max(0, Math.ceil(total / size) - 1);
  const at = Math.min(page, last);
  const [from, to] = [at * size, Math.min(total, (at + 1) * size)];
  const toggle = () => {
    setSize(size === few ? many : few);
    setPage(0);
  };
  const control = total <= few ? null : (
    <div class="pages">
      <span role="status">{t('from_to_of', { from: showNumber(from + 1), to: showNumber(to), all: showNumber(total) })}{order && `, ${order}`}</span>
      {last > 0 && <Button disabled={at === 0} onClick={() => setPage(at - 1)}>{t('earlier_ones')}</Button>}
      {last > 0 && <Button disabled={at === last} onClick={() => setPage(at + 1)}>{t('next_ones')}</Button>}
      {many > few && <Button onClick={toggle}>{size !== few ? t('show_fewer') : total <= many ? t('show_all_n', { n: showNumber(total) }) : t('show_at_once', { n: many })}</Button>}
    </div>
  );
  return { from, to, control };
}
