// home_due.ts - what is due: every date of a record by which something must have happened, and proof that ages.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import { typeByName } from '../records/types';
import type { SoaEntry } from './standing';

export interface Due {
  /** Moment at which it is late. */
  at: number;
  /** Member that says so: due, review_on, fresh_until, ... */
  member: string;
  plural: string;
  name: string;
  to: string;
}

interface Item {
  type: string;
  id: number;
  name: string | null;
  member: string;
  on: string;
}
const DAY = 86400e3;

/* A date is kept until its day is over. */
function dueOf(d: Item): Due {
  const plural = typeByName(d.type)?.plural ?? d.type;
  return { at: Date.parse(d.on) + DAY, member: d.member, plural, name: d.name ?? `#${d.id}`, to: href(plural, d.id) };
}

/** Proof that is fresh now and will not be: one line for each plan, or each control without one. */
export function ageing(soa: SoaEntry[]): Due[] {
  const by = new Map<string, Due & { controls: string[] }>();
  for (const c of soa) {
    /* What was measured speaks before what is written in a register. */
    const measured = c.trail.filter((s) => s.verdict !== null);
    const newest = [...(measured.length ? measured : c.trail)].sort((a, b) => Date.parse(b.fresh_until ?? '') - Date.parse(a.fresh_until ?? ''))[0];
    if (!newest?.fresh_until || c.status === 'excluded') continue;
    const key = newest.plan ?? c.control;
    const at = Date.parse(newest.fresh_until);
    const one = by.get(key) ?? {
      at, member: 'fresh_until', plural: newest.plan ? 'plans' : 'controls', name: key,
      to: newest.plan ? href('plans', newest.plan) : href('map', c.control), controls: [],
    };
    by.set(key, { ...one, at: Math.min(one.at, at), controls: [...one.controls, c.control] });
  }
  return [...by.values()].map(({ controls, ...d }) => ({ ...d, name: d.plural === 'plans' ? `${d.name} (${controls.join(', ')})` : d.name }));
}

/** Everything late or due within 30 days, the latest first; `partial`: there is more than the server tells. */
export function useDue(soa: SoaEntry[] | undefined): { due: Due[]; partial: boolean; loading: boolean } {
  const { value } = useResource<{ items: Item[]; more: boolean }>('/due');
  const end = Date.now() + 30 * DAY;
  const all = [...(value?.items ?? []).map(dueOf), ...(soa ? ageing(soa) : [])];
  return { due: all.filter((d) => d.at <= end + DAY).sort((a, b) => a.at - b.at), partial: value?.more ?? false, loading: !soa || !value };
}
