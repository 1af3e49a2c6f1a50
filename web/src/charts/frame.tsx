// frame.tsx - a picture that fits its place, with the same numbers as a table for whoever wants them.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text/text';

/** Width of the place in pixels, so that text in a picture keeps its size. */
export function useWidth(): [preact.RefObject<HTMLDivElement>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const el = ref.current;
    if (!el) return undefined;
    const look = () => setWidth(Math.max(240, Math.round(el.clientWidth)));
    const o = new ResizeObserver(look);
    o.observe(el);
    look();
    return () => o.disconnect();
  }, []);
  return [ref, width];
}

const LETTER = 7; // px of an average letter at the size of labels

/** The text, cut with an ellipsis when it would not fit. */
export function fitText(text: string, pixels: number): string {
  const most = Math.max(4, Math.floor(pixels / LETTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

export function Figure({ title, note, table, children }: {
  title: string; note?: ComponentChildren; table?: ComponentChildren; children: ComponentChildren;
}) {
  return (
    <figure class="figure">
      <figcaption>{title}</figcaption>
      {children}
      {note && <p class="hint">{note}</p>}
      {table && (
        <details>
          <summary>{t('as_table')}</summary>
          <div class="scroll" tabIndex={0} role="region" aria-label={title}>{table}</div>
        </details>
      )}
    </figure>
  );
}
