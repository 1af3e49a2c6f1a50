// resource.ts - what was read from the server, shared by all who show it, read again when it ages.
// SPDX-License-Identifier: Apache-2.0

import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, Problem } from './api';

export interface Resource<T> {
  /** The newest value; stays while it is read again. */
  value?: T;
  problem?: Problem;
  loading: boolean;
}

/** Fetches what stands behind a path. */
type Read = (path: string) => Promise<unknown>;

interface Entry {
  read: Read;
  state: Signal<Resource<unknown>>;
  users: number;
  stale: boolean;
  asked: number;
}

const KEEP = 200; // values nobody shows are kept for the way back, up to this many
const entries = new Map<string, Entry>();

function trim(): void {
  for (const [path, e] of entries) {
    if (entries.size <= KEEP) return;
    if (e.users === 0) entries.delete(path);
  }
}

function entryOf(path: string, read: Read): Entry {
  let e = entries.get(path);
  if (!e) {
    e = { read, state: signal<Resource<unknown>>({ loading: false }), users: 0, stale: true, asked: 0 };
    entries.set(path, e);
  }
  return e;
}

async function load(path: string, e: Entry): Promise<void> {
  const turn = ++e.asked;
  e.stale = false;
  e.state.value = { ...e.state.value, loading: true };
  try {
    const value = await e.read(path);
    if (turn === e.asked) e.state.value = { value, loading: false };
  } catch (x) {
    const problem = x instanceof Problem ? x : new Problem(0, 'internal', '', String(x), '');
    e.stale = true;
    if (turn === e.asked) e.state.value = { ...e.state.value, problem, loading: false };
  }
}

const readOne: Read = (path) => get(path);

/** Reads paths of the API and keeps them fresh while they are shown. */
export function useResources<T>(paths: string[], read = readOne): Resource<T>[] {
  const all = paths.map((path) => entryOf(path, read));
  useEffect(() => {
    all.forEach((e, i) => {
      e.users++;
      if (e.stale) void load(paths[i] ?? '', e);
    });
    return () => {
      for (const e of all) e.users--;
      trim(); // not where entries are made: one being rendered has no users yet
    };
  }, [paths.join(' ')]);
  return all.map((e) => e.state.value as Resource<T>);
}

/** The same for one path; null reads nothing. */
export function useResource<T>(path: string | null, read = readOne): Resource<T> {
  return useResources<T>(path === null ? [] : [path], read)[0] ?? { loading: false };
}

/** Everything whose path fits is old: what is shown is read again now, the rest when needed. */
export function outdate(fits: (path: string) => boolean): void {
  for (const [path, e] of entries) {
    if (!fits(path)) continue;
    e.stale = true;
    if (e.users > 0) void load(path, e);
  }
}

/** Log out: nothing of one person's is shown to the next. */
export function forgetAll(): void {
  for (const e of entries.values()) e.state.value = { loading: false };
  entries.clear();
}
