// rows.ts - single records: those that a view asks for at once are read with one request.
// SPDX-License-Identifier: Apache-2.0

import { get, Problem } from '../base/api';
import { type Resource, useResource, useResources } from '../base/resource';
import type { Row } from './types';

const MOST = 200; // ids of one request; the server takes 256

interface Waiting {
  done: (row: Row) => void;
  fail: (problem: unknown) => void;
}
const waiting = new Map<string, Map<number, Waiting[]>>();

async function readSome(plural: string, asked: [number, Waiting[]][]): Promise<void> {
  try {
    const { items } = await get<{ items: Row[] }>(`/${plural}?ids=${asked.map(([id]) => id).join(',')}`);
    const found = new Map(items.map((row) => [row.id, row]));
    for (const [id, all] of asked) {
      const row = found.get(id);
      for (const w of all) row ? w.done(row) : w.fail(new Problem(404, 'not_found', 'id', `There is no record ${id}`, ''));
    }
  } catch (x) {
    for (const [, all] of asked) for (const w of all) w.fail(x);
  }
}

function readWaiting(): void {
  for (const [plural, byId] of waiting) {
    const all = [...byId];
    for (let i = 0; i < all.length; i += MOST) void readSome(plural, all.slice(i, i + MOST));
  }
  waiting.clear();
}

/* "/people/7": what is asked before the event loop goes on is asked for together. */
function readRow(path: string): Promise<unknown> {
  const [, plural = '', id] = path.split('/');
  return new Promise((done, fail) => {
    if (waiting.size === 0) setTimeout(readWaiting);
    const byId = waiting.get(plural) ?? new Map<number, Waiting[]>();
    waiting.set(plural, byId);
    byId.set(Number(id), [...(byId.get(Number(id)) ?? []), { done, fail }]);
  });
}

/** One record by number; null reads nothing. */
export const useRow = (plural: string, id: number | null): Resource<Row> =>
  useResource<Row>(id === null ? null : `/${plural}/${id}`, readRow);

/** Records by number, without those that could not be read; undefined until all have been asked for. */
export function useRows(plural: string, ids: number[] | undefined): Row[] | undefined {
  const all = useResources<Row>((ids ?? []).map((id) => `/${plural}/${id}`), readRow);
  if (!ids || all.some((r) => !r.value && !r.problem)) return undefined;
  return all.flatMap((r) => r.value ?? []);
}
