// tiles.ts - reading the public log (c2sp.org/tlog-tiles): hash tiles and entry bundles.
// SPDX-License-Identifier: Apache-2.0

import { send } from '../base/api';
import type { Bytes } from './bytes';
import { leafHash, rangeRoot, type Subtree } from './merkle';
import { concat, sha256 } from './bytes';

const WIDTH = 256;
const HASH = 32;

/** 1234067 -> x001/x234/067 */
export function tileName(n: number): string {
  const parts: string[] = [String(n % 1000).padStart(3, '0')];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
    parts.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  return parts.join('/');
}

async function bytesOf(path: string): Promise<Bytes> {
  const r = await send('GET', path);
  return new Uint8Array(await r.arrayBuffer());
}

/** Path of tile `n` of a level in a tree of `size`; the last one may be partial. */
export function tilePath(level: number | 'entries', n: number, size: number): string {
  const span = level === 'entries' ? 1 : WIDTH ** level;
  const have = Math.floor(size / span) - n * WIDTH;
  return `/log/tile/${level}/${tileName(n)}${have < WIDTH ? `.p/${have}` : ''}`;
}

/** The exact bytes of one leaf. */
export async function readLeaf(index: number, size: number): Promise<Bytes> {
  const bundle = await bytesOf(tilePath('entries', Math.floor(index / WIDTH), size));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (let i = Math.floor(index / WIDTH) * WIDTH; at + 2 <= bundle.length; i++) {
    const n = view.getUint16(at);
    if (i === index) return bundle.slice(at + 2, at + 2 + n);
    at += 2 + n;
  }
  throw new Error('the log does not hold this leaf');
}

/** Hashes of whole subtrees out of the tiles of a tree of `size`. */
export function tileReader(size: number): Subtree {
  const kept = new Map<string, Promise<Bytes>>();
  const tile = (level: number, n: number) => {
    const path = tilePath(level, n, size);
    let t = kept.get(path);
    if (!t) {
      t = bytesOf(path);
      kept.set(path, t);
    }
    return t;
  };
  const subtree: Subtree = async (height, index) => {
    const level = Math.floor(height / 8);
    const within = height % 8;
    const first = index * 2 ** within;
    const bytes = await tile(level, Math.floor(first / WIDTH));
    let row: Bytes[] = [];
    for (let i = 0; i < 2 ** within; i++) {
      const at = ((first % WIDTH) + i) * HASH;
      if (at + HASH > bytes.length) throw new Error('a tile of the log is too short');
      row.push(bytes.slice(at, at + HASH));
    }
    while (row.length > 1) {
      const up: Bytes[] = [];
      for (let i = 0; i < row.length; i += 2)
        up.push(await sha256(concat(new Uint8Array([1]), row[i] as Bytes, row[i + 1] as Bytes)));
      row = up;
    }
    return row[0] as Bytes;
  };
  return subtree;
}

/** The root that the log's own tiles give for its first `n` leaves. */
export const rootAt = (n: number, subtree: Subtree): Promise<Bytes> => rangeRoot(0, n, subtree);
export { leafHash };
