// frame.tsx - a picture that fits its place, with the same numbers as a table for whoever wants them.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text/text';

/* How much larger than usual the reader wants letters; pictures grow as a whole (.chart in the style sheet). */
function letters(): number {
  const root = document.documentElement;
  const scale = parseFloat(getComputedStyle(root).fontSize) / 16;
  root.style.setProperty('--letters', String(scale));
  return scale;
}

/** Width of the place in pixels of the picture, so that text in it keeps its size. */
export function useWidth(): [preact.RefObject<HTMLDivElement>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useLayoutEffect(() => { // before the first frame, which would be too wide on a phone
    const el = ref.current;
    if (!el) return undefined;
    const look = () => setWidth(Math.max(240, Math.round(el.clientWidth / letters())));
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

/** Room for names of rows: at the left when they fit there, else above their row. */
export function labelRoom(labels: string[], width: number): { left: number; above: number } {
  const wanted = 24 + LETTER * Math.max(4, ...labels.map((l) => l.length));
  return wanted <= width * 0.5 ? { left: wanted, above: 0 } : { left: 12, above: 18 };
}

export function RowLabel({ text, left, above, x, y, width }: { text: string; left: number; above: number; x: number; y: number; width: number }) {
  return above ? <text class="row-label" x={0} y={y + 13}>{fitText(text, width)}</text>
    : <text class="row-label" x={x} y={y} text-anchor="end">{fitText(text, left - 12)}</text>;
}

/** `name`: the title is one of the API, which is English in every language. */
export function Figure({ title, name, note, table, children }: {
  title: string; name?: boolean | undefined; note?: ComponentChildren; table?: ComponentChildren; children: ComponentChildren;
}) {
  return (
    <figure class="figure">
      <figcaption lang={name ? 'en' : undefined}>{title}</figcaption>
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
