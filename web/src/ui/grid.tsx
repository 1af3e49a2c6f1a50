// grid.tsx - a table of any length: only the rows in sight exist; keyboard first.
// SPDX-License-Identifier: Apache-2.0

import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { showNumber, t } from '../text/text';

export interface Column<T> {
  id: string;
  label: string;
  cell: (row: T) => ComponentChildren;
  number?: boolean;
}

interface GridProps<T> {
  rows: T[];
  columns: Column<T>[];
  keyOf: (row: T) => string | number;
  /** Where a row leads to. */
  linkOf?: (row: T) => string;
  onOpen?: (row: T) => void;
  onEnd?: () => void;
  selected?: Set<string | number>;
  onSelect?: (keys: Set<string | number>) => void;
  label: string;
  total?: number | undefined;
}

/* Height of a row in px: one line of text, as --row in the style sheet says; it grows with the letters. */
let rowHeight = 41;
const readRow = () => {
  rowHeight = 2.5625 * parseFloat(getComputedStyle(document.documentElement).fontSize);
};
const EXTRA = 12;

function useWindow(n: number, onEnd: (() => void) | undefined) {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: 36 });
  const look = () => {
    const el = box.current;
    if (!el) return;
    const from = Math.max(0, Math.floor(el.scrollTop / rowHeight) - EXTRA);
    const to = Math.ceil((el.scrollTop + el.clientHeight) / rowHeight) + EXTRA;
    setRange((r) => (r.from === from && r.to === to ? r : { from, to }));
    if (to >= n - EXTRA) onEnd?.();
  };
  useLayoutEffect(look, [n]);
  useEffect(() => {
    const o = new ResizeObserver(() => {
      readRow();
      look();
    });
    if (box.current) o.observe(box.current);
    return () => o.disconnect();
  }, [n]);
  return { box, look, from: Math.min(range.from, Math.max(0, n - 1)), to: Math.min(range.to, n) };
}

/* Links within cells are stops only in the row that is one; the link to the record is the row itself. */
function stopLinks(box: HTMLElement | null): void {
  for (const a of box?.querySelectorAll<HTMLElement>('tbody a') ?? []) {
    const row = a.closest('tr');
    a.tabIndex = row?.tabIndex === 0 && a !== row.querySelector('td:not(.pick) a') ? 0 : -1;
  }
}

export function Grid<T>(p: GridProps<T>) {
  const { box, look, from, to } = useWindow(p.rows.length, p.onEnd);
  const [at, setAt] = useState(0);
  /* Tab stops at one row: the one people were at, or one in sight. */
  const stop = at >= from && at < to ? at : Math.min(from + EXTRA, to - 1);
  useLayoutEffect(() => stopLinks(box.current));

  const focusRow = (i: number) => {
    const next = Math.max(0, Math.min(p.rows.length - 1, i));
    setAt(next);
    const el = box.current;
    if (!el) return;
    const top = next * rowHeight;
    if (top < el.scrollTop + rowHeight) el.scrollTop = Math.max(0, top - rowHeight);
    else if (top + 2 * rowHeight > el.scrollTop + el.clientHeight) el.scrollTop = top + 2 * rowHeight - el.clientHeight;
    const rowAt = () => el.querySelector<HTMLElement>(`[data-row="${next}"]`);
    if (rowAt()) rowAt()?.focus();
    else requestAnimationFrame(() => rowAt()?.focus());
  };
  const toggle = (row: T) => {
    const keys = new Set(p.selected);
    if (!keys.delete(p.keyOf(row))) keys.add(p.keyOf(row));
    p.onSelect?.(keys);
  };
  const press = (e: KeyboardEvent) => {
    if (!(e.target instanceof HTMLTableRowElement)) return;
    const row = p.rows[at];
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -1e9, End: 1e9 };
    if (e.key in steps) focusRow(at + (steps[e.key] ?? 0));
    else if (e.key === 'Enter' && row) p.onOpen?.(row);
    else if (e.key === ' ' && row && p.onSelect) toggle(row);
    else return;
    e.preventDefault();
  };

  const width = p.columns.length + (p.onSelect ? 1 : 0);
  return (
    <div class="grid" ref={box} onScroll={look} onKeyDown={press}>
      <table aria-label={p.label} aria-rowcount={p.total ?? p.rows.length}>
        <thead>
          <tr>
            {p.onSelect && <th class="pick"><span class="hidden">{t('select')}</span></th>}
            {p.columns.map((c) => (
              <th key={c.id} scope="col" class={c.number ? 'number' : ''}>{c.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {from > 0 && <tr class="gap" aria-hidden="true"><td colSpan={width} style={{ height: `${from * rowHeight}px` }} /></tr>}
          {p.rows.slice(from, to).map((row, k) => {
            const i = from + k;
            const key = p.keyOf(row);
            return (
              <tr key={key} data-row={i} tabIndex={i === stop ? 0 : -1} aria-rowindex={i + 2}
                aria-selected={p.onSelect ? !!p.selected?.has(key) : undefined} onFocus={() => setAt(i)}
                onClick={(e) => {
                  if (!(e.target as Element).closest('a,button,input,label')) p.onOpen?.(row);
                }}>
                {p.onSelect && (
                  <td class="pick">
                    <input type="checkbox" tabIndex={-1} checked={!!p.selected?.has(key)}
                      aria-label={t('select_row', { n: showNumber(i + 1) })} onChange={() => toggle(row)} />
                  </td>
                )}
                {p.columns.map((c, n) => (
                  <td key={c.id} class={c.number ? 'number' : ''}>
                    {n === 0 && p.linkOf ? <a href={p.linkOf(row)} tabIndex={-1}>{c.cell(row)}</a> : <Fragment>{c.cell(row)}</Fragment>}
                  </td>
                ))}
              </tr>
            );
          })}
          {to < p.rows.length && <tr class="gap" aria-hidden="true"><td colSpan={width} style={{ height: `${(p.rows.length - to) * rowHeight}px` }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}
