// home_next.ts - the next best step: plain rules in one table, the most pressing first.
// SPDX-License-Identifier: Apache-2.0

import { href } from '../base/router';
import type { Row } from '../records/types';
import type { Key } from '../text/text';
import type { Due } from './home_due';
import type { Capability } from './session';
import type { SoaEntry, Standing } from './standing';

export interface Facts {
  standing: Standing;
  soa: SoaEntry[];
  findings: Row[];
  systems: Row[];
  plans: Row[];
  /** Newest first. */
  runs: Row[];
  due: Due[];
  now: number;
}

export interface Step {
  text: Key;
  fill: Record<string, string>;
  to: string;
}

interface Rule {
  text: Key;
  needs: Capability;
  /** What it applies to first; undefined: it does not apply. */
  find: (f: Facts) => { what: string; to: string } | undefined;
}

const first = <T>(xs: T[], fits: (x: T) => boolean, as: (x: T) => { what: string; to: string }) => {
  const x = xs.find(fits);
  return x === undefined ? undefined : as(x);
};
const item = (f: Facts, status: string) =>
  first(f.standing.items, (x) => x.status === status, (x) => ({ what: `${x.id} ${x.title}`, to: href('map', x.id) }));
export const newestRun = (f: Pick<Facts, 'runs'>, plan: Row): Row | undefined => f.runs.find((r) => r.plan === plan.id);
const plan = (f: Facts, fits: (p: Row) => boolean) =>
  first(f.plans, (p) => p.active === true && fits(p), (p) => ({ what: String(p.name), to: href('plans', p.id) }));

export const rules: Rule[] = [
  { text: 'next_owner', needs: 'edit', find: (f) => first(f.findings, (x) => !x.owner, (x) => ({ what: String(x.name), to: href('findings', x.id, 'edit') })) },
  { text: 'next_cause', needs: 'edit', find: (f) => first(f.findings, (x) => x.grade !== 'observation' && !x.cause, (x) => ({ what: String(x.name), to: href('findings', x.id, 'edit') })) },
  { text: 'next_late', needs: 'edit', find: (f) => first(f.due, (x) => x.member !== 'fresh_until' && x.at < f.now, (x) => ({ what: x.name, to: x.to })) },
  { text: 'next_failing', needs: 'read', find: (f) => item(f, 'failing') },
  { text: 'next_stale', needs: 'measure', find: (f) => first(f.due, (x) => x.member === 'fresh_until' && x.at < f.now, (x) => ({ what: x.name, to: x.to })) },
  { text: 'next_never_run', needs: 'measure', find: (f) => plan(f, (p) => !newestRun(f, p)) },
  { text: 'next_rows', needs: 'measure', find: (f) => plan(f, (p) => newestRun(f, p)?.verdict === 'inconclusive') },
  { text: 'next_plan', needs: 'edit', find: (f) => first(f.systems, (s) => s.in_scope === true && !f.plans.some((p) => p.system === s.id), (s) => ({ what: String(s.name), to: `${href('plans', 'new')}?system=${s.id}&active=true` })) },
  { text: 'next_declared', needs: 'edit', find: (f) => item(f, 'declared') },
  { text: 'next_planned', needs: 'edit', find: (f) => item(f, 'planned') },
  { text: 'next_bag', needs: 'audit', find: () => ({ what: '', to: `${href('log')}?tab=bag` }) },
];

/** The steps that apply to whoever may take them, in order. */
export function nextSteps(f: Facts, may: (c: Capability) => boolean): Step[] {
  return rules.filter((r) => may(r.needs)).flatMap((r) => {
    const found = r.find(f);
    return found ? [{ text: r.text, fill: { what: found.what }, to: found.to }] : [];
  });
}
