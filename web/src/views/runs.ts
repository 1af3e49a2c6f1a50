// runs.ts - the runs that count now: the newest of each plan, and what they say of a system.
// SPDX-License-Identifier: Apache-2.0

import { get } from '../base/api';
import { useResource } from '../base/resource';
import type { Row } from '../records/types';

/** The path of the newest run of each plan, and of each kind that was run without one. */
const NEWEST_RUNS = '/measurements?newest_by=system,plan,kind&brief=true&limit=500';

export interface Runs {
  items: Row[];
  /** Not null: there are more than were read. */
  next: string | null;
}
const PAGES = 4; // 2,000 runs that count are more plans than most organisations have

async function readRuns(): Promise<Runs> {
  const items: Row[] = [];
  let next: string | null = null;
  for (let i = 0; i < PAGES && (i === 0 || next); i++) {
    const page: Runs = await get<Runs>(NEWEST_RUNS, next ? { cursor: next } : {});
    items.push(...page.items);
    next = page.next;
  }
  return { items, next };
}

/** All runs that count now. */
export const useRuns = (): Runs | undefined => useResource<Runs>('/measurements?that=count', readRuns).value;

/** The newest run of each plan decides, runs being newest first: any failing fails. */
export function verdictOf(runs: Row[], system: number): string | null {
  const newest = new Map<string, string>();
  for (const m of runs) {
    const key = `${m.plan} ${m.kind}`;
    if (m.system === system && !newest.has(key)) newest.set(key, String(m.verdict));
  }
  const all = [...newest.values()];
  return ['fail', 'inconclusive', 'pass'].find((v) => all.includes(v)) ?? null;
}

/** The same with their figures, where a limit was missed or not decided. */
export const MISSED_RUNS = '/measurements?newest_by=system,plan,kind&verdict_ne=pass&limit=50';
