// note.ts - signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint).
// SPDX-License-Identifier: Apache-2.0

import { type Bytes, concat, equal, fromBase64, sha256, utf8 } from './bytes';

export interface Checkpoint {
  origin: string;
  size: number;
  root: Bytes;
  /** What is signed: everything up to and with the empty line's newline before it. */
  text: string;
  signatures: { name: string; id: Bytes; signature: Bytes }[];
}

export interface Verifier {
  name: string;
  id: Bytes;
  key: Bytes;
}

const ED25519 = 1;

/** "name+hash+base64(type, key)" */
export async function parseVerifier(vkey: string): Promise<Verifier> {
  const [name, id, data] = splitVkey(vkey);
  const raw = fromBase64(data);
  if (raw[0] !== ED25519 || raw.length !== 33) throw new Error('the key is not an Ed25519 key');
  const digest = await sha256(concat(utf8(`${name}\n`), raw));
  const own = digest.slice(0, 4);
  const said = Uint8Array.from(id.match(/../g) ?? [], (x) => parseInt(x, 16));
  if (!equal(own, said)) throw new Error('the key does not fit its own id');
  return { name, id: own, key: raw.slice(1) };
}

function splitVkey(vkey: string): [string, string, string] {
  const first = vkey.indexOf('+');
  const second = vkey.indexOf('+', first + 1);
  if (first < 1 || second < 0) throw new Error('this is no key of a signed note');
  return [vkey.slice(0, first), vkey.slice(first + 1, second), vkey.slice(second + 1)];
}

export function parseCheckpoint(note: string): Checkpoint {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new Error('this is no signed note');
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split('\n');
  const n = Number(size);
  if (!origin || !root || !/^(0|[1-9]\d*)$/.test(size ?? '') || !Number.isSafeInteger(n)) throw new Error('this is no checkpoint');
  const signatures = note.slice(end + 2).split('\n').filter(Boolean).map(parseSignature);
  return { origin, size: n, root: fromBase64(root), text, signatures };
}

function parseSignature(line: string) {
  const [dash, name, data] = line.split(' ');
  if (dash !== '—' || !name || !data) throw new Error('a signature line is broken');
  const raw = fromBase64(data);
  return { name, id: raw.slice(0, 4), signature: raw.slice(4) };
}

export async function isSignedBy(c: Checkpoint, v: Verifier): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', v.key, { name: 'Ed25519' }, false, ['verify']);
  for (const s of c.signatures)
    if (s.name === v.name && equal(s.id, v.id))
      return crypto.subtle.verify({ name: 'Ed25519' }, key, s.signature, utf8(c.text));
  return false;
}
