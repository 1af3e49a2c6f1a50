// pages.ts - a list of any length, read page by page as it is scrolled.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call, Problem, type Query, withQuery } from '../base/api';
import { happened } from '../base/live';
import type { RecordType, Row } from './types';

const PAGE = 200;

interface Page {
  items: Row[];
  next: string | null;
  total?: number;
}

export interface Pages {
  rows: Row[];
  total: number | undefined;
  /** False when there is nothing more to read. */
  more: boolean;
  loading: boolean;
  problem: Problem | undefined;
  readMore: () => void;
}

class Reader {
  readonly state = signal<Omit<Pages, 'readMore'>>({
    rows: [], total: undefined, more: true, loading: false, problem: undefined,
  });
  private next: string | null = null;
  private turn = 0;

  constructor(private readonly path: string) {}

  async read(fresh: boolean): Promise<void> {
    const s = this.state.value;
    if (!fresh && (s.loading || !s.more || s.problem)) return;
    const turn = ++this.turn;
    this.state.value = { ...s, loading: true, problem: undefined };
    const query: Query = fresh ? { limit: Math.min(500, Math.max(PAGE, s.rows.length)), count: true }
      : { limit: PAGE, cursor: this.next ?? undefined };
    try {
      const page = await call<Page>('GET', withQuery(this.path, query));
      if (turn !== this.turn) return;
      this.next = page.next;
      this.state.value = {
        rows: fresh ? page.items : [...s.rows, ...page.items],
        total: fresh ? page.total : s.total,
        more: page.next !== null, loading: false, problem: undefined,
      };
    } catch (x) {
      if (turn === this.turn && x instanceof Problem)
        this.state.value = { ...s, loading: false, problem: x };
    }
  }
}

/** Rows of a type under the filters; read again when one of the type changes on the server. */
export function usePages(type: RecordType, filters: Query): Pages {
  const path = withQuery(`/${type.plural}`, filters);
  const reader = useMemo(() => new Reader(path), [path]);
  useEffect(() => {
    void reader.read(true);
    let timer = 0;
    let last = happened.value[0]?.seq;
    const stop = happened.subscribe((all) => {
      const now = all[0]?.seq;
      if (now === last || !all.some((e) => e.type === type.name && e.seq > (last ?? -1))) return;
      last = now;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void reader.read(true), 200);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [reader]);
  return { ...reader.state.value, readMore: () => void reader.read(false) };
}
