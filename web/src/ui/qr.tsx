// qr.tsx - a QR code as SVG of our own; black on white in both themes, for that is what cameras read.
// SPDX-License-Identifier: Apache-2.0

import { encode } from 'uqr';

/* One run of dark modules of a row after the other. */
function path(rows: boolean[][]): string {
  let d = '';
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) d += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  });
  return d;
}

/** What the code says must stand beside it as text. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 4 }); // ISO/IEC 18004 asks for 4 light modules around it
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect class="qr-paper" width={size} height={size} />
      <path class="qr-ink" d={path(data)} />
    </svg>
  );
}
