// merkle.ts - the Merkle tree of RFC 6962: inclusion and consistency, checked as RFC 9162 says.
// SPDX-License-Identifier: Apache-2.0

import { type Bytes, concat, equal, sha256 } from './bytes';

export const leafHash = (leaf: Bytes): Promise<Bytes> => sha256(concat(new Uint8Array([0]), leaf));
const nodeHash = (l: Bytes, r: Bytes): Promise<Bytes> => sha256(concat(new Uint8Array([1]), l, r));

/* Tree sizes reach 2^53 here: halves by division, not by 32-bit shifts. */
const odd = (n: number) => n % 2 === 1;
const half = (n: number) => Math.floor(n / 2);

/** RFC 9162, 2.1.3.2: whether the leaf stands at `index` of the tree of `size` with this root. */
export async function included(index: number, size: number, leaf: Bytes, path: Bytes[], root: Bytes): Promise<boolean> {
  if (!(index >= 0 && index < size)) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of path) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      r = await nodeHash(p, r);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      r = await nodeHash(r, p);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equal(r, root);
}

/** Hashes of whole subtrees of 2^height leaves from `from` on: what proofs are built of. */
export type Subtree = (height: number, index: number) => Promise<Bytes>;

/** Root of leaves [from, to) when every whole subtree can be asked for; from is a multiple of the
 * largest power of two below to - from. */
export async function rangeRoot(from: number, to: number, subtree: Subtree): Promise<Bytes> {
  const n = to - from;
  let height = 0;
  while (2 ** (height + 1) <= n) height++;
  if (2 ** height === n) return subtree(height, from / n);
  const split = from + 2 ** height;
  return nodeHash(await rangeRoot(from, split, subtree), await rangeRoot(split, to, subtree));
}
