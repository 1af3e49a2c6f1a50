// verify.ts - checks in this browser, by its own code, that a leaf stands on the signed log.
// SPDX-License-Identifier: Apache-2.0

import { get, send } from '../base/api';
import { type Bytes, equal, fromBase64, hex, toBase64 } from './bytes';
import { included, leafHash } from './merkle';
import { type Checkpoint, isSignedBy, parseCheckpoint, parseVerifier } from './note';
import { readLeaf, rootAt, tileReader } from './tiles';

export interface Step {
  id: 'key' | 'signature' | 'inclusion' | 'consistency';
  ok: boolean;
  /** What was compared, for those who want to see it. */
  detail: string;
}

export interface Verification {
  ok: boolean;
  steps: Step[];
  size: number;
  leaf: string;
  /** Nothing older was known to this browser. */
  first: boolean;
}

interface Seen {
  origin: string;
  size: number;
  root: string;
  vkey: string;
}

const SEEN = 'aims.checkpoint';
const MAGIC = 'c2sp.org/tlog-proof@v1';

function lastSeen(origin: string): Seen | null {
  try {
    const all = JSON.parse(localStorage.getItem(SEEN) ?? '{}') as Record<string, Seen>;
    return all[origin] ?? null;
  } catch {
    return null;
  }
}

/** Whether this browser ever verified a leaf of any log. */
export const hasVerified = (): boolean => localStorage.getItem(SEEN) !== null;

function remember(seen: Seen): void {
  const all = JSON.parse(localStorage.getItem(SEEN) ?? '{}') as Record<string, Seen>;
  localStorage.setItem(SEEN, JSON.stringify({ ...all, [seen.origin]: seen }));
}

/** c2sp.org/tlog-proof: magic, optional extra, index, path, empty line, checkpoint. */
export function parseProof(text: string): { index: number; path: Bytes[]; checkpoint: Checkpoint } {
  const lines = text.split('\n');
  if (lines[0] !== MAGIC) throw new Error('this is no proof of a log');
  const head = lines.findIndex((l) => l.startsWith('index '));
  const gap = lines.indexOf('', head);
  if (head < 1 || gap < 0) throw new Error('the proof is broken');
  return {
    index: Number((lines[head] ?? '').slice(6)),
    path: lines.slice(head + 1, gap).map(fromBase64),
    checkpoint: parseCheckpoint(lines.slice(gap + 1).join('\n')),
  };
}

async function consistent(c: Checkpoint, seen: Seen): Promise<boolean> {
  if (c.size < seen.size) return false;
  if (seen.size === 0) return true;
  const tiles = tileReader(c.size);
  const then = await rootAt(seen.size, tiles);
  const now = await rootAt(c.size, tiles);
  return equal(then, fromBase64(seen.root)) && equal(now, c.root);
}

/** Checks leaf `index`: key, signature, inclusion, and that the log only grew since last time. */
export async function verifyLeaf(index: number): Promise<Verification> {
  const about = await get<{ vkey: string }>('/about');
  const proof = parseProof(await (await send('GET', `/api/v1/log/leaves/${index}/proof`)).text());
  const c = proof.checkpoint;
  const seen = lastSeen(c.origin);
  const vkey = seen?.vkey ?? about.vkey;
  const key = await parseVerifier(vkey);
  const leaf = await readLeaf(index, c.size);
  const hash = await leafHash(leaf);
  const steps: Step[] = [
    { id: 'key', ok: about.vkey === vkey, detail: vkey },
    { id: 'signature', ok: key.name === c.origin && (await isSignedBy(c, key)), detail: `${c.origin}, ${c.size}, ${toBase64(c.root)}` },
    { id: 'inclusion', ok: proof.index === index && (await included(index, c.size, hash, proof.path, c.root)), detail: hex(hash) },
    { id: 'consistency', ok: seen === null || (await consistent(c, seen)), detail: seen ? `${seen.size} → ${c.size}` : String(c.size) },
  ];
  const ok = steps.every((s) => s.ok);
  if (ok) remember({ origin: c.origin, size: c.size, root: toBase64(c.root), vkey });
  return { ok, steps, size: c.size, leaf: new TextDecoder().decode(leaf), first: seen === null };
}
