// runs.ts - the runs that count now: the newest of each plan, and what they say of a system.
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../records/types';

/** The path of the newest run of each plan, and of each kind that was run without one. */
export const NEWEST_RUNS = '/measurements?newest_by=system,plan,kind&brief=true&limit=500';

/** The newest runs decide: any failing fails. */
export function verdictOf(runs: Row[], system: number): string | null {
  const all = runs.filter((m) => m.system === system).map((m) => String(m.verdict));
  return ['fail', 'inconclusive', 'pass'].find((v) => all.includes(v)) ?? null;
}

/** The same with their figures, where a limit was missed or not decided. */
export const MISSED_RUNS = '/measurements?newest_by=system,plan,kind&verdict_ne=pass&limit=50';
