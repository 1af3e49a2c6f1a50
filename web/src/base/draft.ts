// draft.ts - what was typed but not saved: survives reload, the back button and a lost server.
// SPDX-License-Identifier: Apache-2.0

const PREFIX = 'aims.draft.';

export interface Draft {
  /** Version of the record it was begun on; absent: a new record. */
  version?: number;
  /** The record as it was then: the base of a merge. */
  base?: Record<string, unknown>;
  changes: Record<string, unknown>;
}

export function readDraft(key: string): Draft | null {
  try {
    const text = sessionStorage.getItem(PREFIX + key);
    return text ? (JSON.parse(text) as Draft) : null;
  } catch {
    return null;
  }
}

export function keepDraft(key: string, draft: Draft): void {
  try {
    if (Object.keys(draft.changes).length) sessionStorage.setItem(PREFIX + key, JSON.stringify(draft));
    else sessionStorage.removeItem(PREFIX + key);
  } catch {
    /* A full or forbidden store costs the safety net, not the form. */
  }
}

export function dropDraft(key: string): void {
  sessionStorage.removeItem(PREFIX + key);
}

/** Log out: the next person must not find it. */
export function dropAllDrafts(): void {
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
