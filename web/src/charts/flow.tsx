// flow.tsx - a graph in columns from left to right: what feeds what, every box a link.
// SPDX-License-Identifier: Apache-2.0

import { Figure, fitText, useWidth } from './frame';

export interface Box {
  id: string;
  /** From 0, the leftmost. */
  column: number;
  label: string;
  kind: string;
  to?: string | undefined;
}

export interface Edge {
  from: string;
  to: string;
}

const HIGH = 46;
const GAP = 14;
const BETWEEN = 44;
const HEAD = 22;

interface Placed extends Box {
  x: number;
  y: number;
  width: number;
}

function place(boxes: Box[], width: number): { placed: Map<string, Placed>; high: number } {
  const columns = Math.max(1, ...boxes.map((b) => b.column + 1));
  const each = (width - BETWEEN * (columns - 1)) / columns;
  const placed = new Map<string, Placed>();
  const counts = new Array<number>(columns).fill(0);
  for (const b of boxes) {
    const k = counts[b.column] ?? 0;
    counts[b.column] = k + 1;
    placed.set(b.id, { ...b, x: b.column * (each + BETWEEN), y: HEAD + k * (HIGH + GAP), width: each });
  }
  return { placed, high: HEAD + Math.max(1, ...counts) * (HIGH + GAP) };
}

function curve(a: Placed, b: Placed): string {
  const [x1, y1, x2, y2] = [a.x + a.width, a.y + HIGH / 2, b.x, b.y + HIGH / 2];
  const mid = (x1 + x2) / 2;
  return `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`;
}

function Node({ box }: { box: Placed }) {
  const inside = (
    <>
      <title>{`${box.kind}: ${box.label}`}</title>
      <rect x={box.x} y={box.y} width={box.width} height={HIGH} rx={6} />
      <text class="kind" x={box.x + 10} y={box.y + 17}>{box.kind}</text>
      <text class="row-label" x={box.x + 10} y={box.y + 35}>{fitText(box.label, box.width - 16)}</text>
    </>
  );
  return box.to ? <a class="flow-box" href={box.to}>{inside}</a> : <g class="flow-box">{inside}</g>;
}

const NARROW = 560;

/** On a narrow screen the boxes stand below each other and the table of edges says the rest. */
export function Flow({ title, boxes, edges, columns }: { title: string; boxes: Box[]; edges: Edge[]; columns: string[] }) {
  const [ref, width] = useWidth();
  const narrow = width < NARROW;
  const { placed, high } = place(narrow ? boxes.map((b) => ({ ...b, column: 0 })) : boxes, width);
  return (
    <Figure title={title}>
      <div ref={ref}>
        <svg class="chart flow" width={width} height={high} role="group" aria-label={title}>
          {!narrow && columns.map((c, i) => {
            const each = (width - BETWEEN * (columns.length - 1)) / columns.length;
            return <text key={c} x={i * (each + BETWEEN)} y={12}>{fitText(c, each)}</text>;
          })}
          {!narrow && edges.map((e) => {
            const [a, b] = [placed.get(e.from), placed.get(e.to)];
            return a && b && <path key={`${e.from}>${e.to}`} class="flow-edge" d={curve(a, b)} />;
          })}
          {[...placed.values()].map((b) => <Node key={b.id} box={b} />)}
        </svg>
      </div>
    </Figure>
  );
}
