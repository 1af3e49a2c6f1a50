// home_due.ts - what is due: every date of a record by which something must have happened, and proof that ages.
// SPDX-License-Identifier: Apache-2.0

import { useResource } from '../base/resource';
import { href } from '../base/router';
import { type Field, nameOf, type RecordType, type Row, types } from '../records/types';
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

/* Members by their names, so that a new record type is asked as well. */
const ASKED = /^(due|review_on|next_\w+_on|\w+_due|\w+_expires_on)$/;
/* Whoever has come to an end owes nothing. */
const OVER = new Set(['closed', 'corrected', 'reached', 'withdrawn', 'retired', 'retirement', 'dropped']);
const MOST = 500;
const DAY = 86400e3;

/** Members that only count in one state of their record. */
const ONLY_IN: Record<string, string[]> = {
  acceptance_expires_on: ['accepted'],
  treatment_due: ['open'],
};

const asked = (t: RecordType): Field[] => t.fields.filter((f) => f.type === 'date' && ASKED.test(f.name));

export function dueOf(type: RecordType, row: Row): Due[] {
  const state = String(row.status ?? row.stage ?? '');
  if (OVER.has(state)) return [];
  return asked(type)
    .filter((f) => row[f.name] !== undefined && (ONLY_IN[f.name]?.includes(state) ?? true))
    .map((f) => ({
      at: Date.parse(String(row[f.name])) + DAY, member: f.name, plural: type.plural, name: nameOf(type, row), to: href(type.plural, row.id),
    }));
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

/** Everything late or due within `days`, the latest first; `partial`: a register was longer than was read. */
export function useDue(soa: SoaEntry[] | undefined, days: number): { due: Due[]; partial: boolean; loading: boolean } {
  const all: Due[] = soa ? ageing(soa) : [];
  let partial = false;
  let loading = !soa;
  for (const type of types.value.filter((t) => asked(t).length > 0)) {
    /* The list of types never changes while the page is open, so the hooks keep their order. */
    const { value } = useResource<{ items: Row[]; next: string | null }>(`/${type.plural}?limit=${MOST}`);
    loading ||= !value;
    partial ||= !!value?.next;
    for (const row of value?.items ?? []) all.push(...dueOf(type, row));
  }
  const end = Date.now() + days * DAY;
  return { due: all.filter((d) => d.at <= end).sort((a, b) => a.at - b.at), partial, loading };
}
