// live.ts - what happens on the server, as it happens: keeps everything shown up to date.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import { typeByName } from '../records/types';
import { outdate } from './resource';

/** One act, as /api/v1/events tells it. */
export interface LiveEvent {
  seq: number;
  at: string;
  act: string;
  type?: string;
  id?: number;
  actor?: number;
}

/** The newest acts, newest first. */
export const happened = signal<LiveEvent[]>([]);
export const live = signal(false);

const NEWEST = 50;
const COMPUTED = ['/status', '/soa', '/consistency', '/due', '/log', '/jobs', '/trail'];
let pending = new Set<string>();
let timer = 0;

function settle(): void {
  const plurals = pending;
  pending = new Set();
  timer = 0;
  const is = (path: string, start: string) =>
    path === start || path.startsWith(`${start}/`) || path.startsWith(`${start}?`);
  outdate((path) => [...plurals, ...COMPUTED.map((c) => c.slice(1))].some((p) => is(path, `/${p}`)));
}

function hear(event: MessageEvent<string>): void {
  const e = JSON.parse(event.data) as LiveEvent;
  happened.value = [e, ...happened.value].slice(0, NEWEST);
  const plural = e.type ? typeByName(e.type)?.plural : undefined;
  if (plural) pending.add(plural);
  /* A burst of acts is one reading. */
  if (!timer) timer = window.setTimeout(settle, 150);
}

/** Listens until the returned function is called. The browser connects again by itself. */
export function listen(): () => void {
  const source = new EventSource('/api/v1/events');
  source.onopen = () => {
    live.value = true;
  };
  source.onerror = () => {
    live.value = false;
  };
  source.onmessage = hear;
  return () => {
    source.close();
    live.value = false;
  };
}
