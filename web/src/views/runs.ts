// runs.ts - the runs that count now: the newest of each plan, and what they say of a system.
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../records/types';

/** The path of the newest run of each plan, and of each kind that was run without one. */
export const NEWEST_RUNS = '/measurements?newest_by=system,plan,kind&brief=true&limit=500';

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
