// api.ts - the one way to the server: JSON in, JSON out, problems as one class.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';

/** An error of the API (RFC 9457) or of the way there (code "unreachable"). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** The member at fault, "" when there is none. */
    readonly path: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

export interface Ask {
  body?: unknown;
  /** The version a change is based on: becomes If-Match. */
  version?: number;
  query?: Query;
  /** The same key twice acts once: a try after a broken connection is safe. */
  key?: string;
  signal?: AbortSignal;
}

/** False while the server does not answer; see watchServer. */
export const reachable = signal(true);
/** Grows when a reply says that nobody is logged in any more. */
export const loggedOut = signal(0);

let csrf = '';
export function setCsrf(token: string | null): void {
  csrf = token ?? '';
}

export function withQuery(path: string, query: Query = {}): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== undefined) q.set(k, String(v));
  const text = q.toString();
  return text ? `${path}${path.includes('?') ? '&' : '?'}${text}` : path;
}

function headersOf(ask: Ask): Record<string, string> {
  const h: Record<string, string> = { Accept: 'application/json' };
  if (ask.body instanceof Blob) h['Content-Type'] = 'application/octet-stream';
  else if (ask.body !== undefined) h['Content-Type'] = 'application/json';
  if (ask.version !== undefined) h['If-Match'] = `"${ask.version}"`;
  if (ask.key) h['Idempotency-Key'] = ask.key;
  if (csrf) h['X-CSRF-Token'] = csrf;
  return h;
}

async function problemOf(r: Response): Promise<Problem> {
  const p = (await r.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (k: string) => (typeof p[k] === 'string' ? (p[k] as string) : '');
  return new Problem(r.status, text('code') || String(r.status), text('path'),
    text('detail') || r.statusText || `HTTP ${r.status}`, text('hint'));
}

/** Sends one request and gives the whole reply; anything but success is a Problem. */
export async function send(method: string, path: string, ask: Ask = {}): Promise<Response> {
  let r: Response;
  const init: RequestInit = { method, headers: headersOf(ask), credentials: 'same-origin' };
  if (ask.body instanceof Blob) init.body = ask.body;
  else if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
  if (ask.signal) init.signal = ask.signal;
  try {
    r = await fetch(withQuery(path, ask.query), init);
  } catch (e) {
    if (ask.signal?.aborted) throw e;
    reachable.value = false;
    throw new Problem(0, 'unreachable', '', 'The server does not answer', '');
  }
  reachable.value = true;
  if (r.ok) return r;
  const p = await problemOf(r);
  if (p.status === 401 && !/\/sessions(\/(passkey|redeem))?$/.test(path)) loggedOut.value++;
  throw p;
}

export async function call<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
  const r = await send(method, `/api/v1${path}`, ask);
  return (r.status === 204 ? undefined : await r.json()) as T;
}

/** What the server says of a stored file. */
export interface StoredFile {
  sha256: string;
  size: number;
  name: string;
}

/* The one thing fetch cannot do: tell how much of a file was sent. */
export function upload(file: File, onProgress: (share: number) => void, stop?: AbortSignal): Promise<StoredFile> {
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.open('POST', withQuery('/api/v1/files', { name: file.name }));
    for (const [k, v] of Object.entries(headersOf({ body: file }))) x.setRequestHeader(k, v);
    x.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
    x.onload = () => {
      reachable.value = true;
      if (x.status === 201) return done(JSON.parse(x.responseText) as StoredFile);
      if (x.status === 401) loggedOut.value++;
      void problemOf(new Response(x.responseText, { status: x.status, statusText: x.statusText })).then(fail);
      return undefined;
    };
    x.onerror = () => {
      reachable.value = false;
      fail(new Problem(0, 'unreachable', '', 'The server does not answer', ''));
    };
    x.onabort = () => fail(new DOMException('', 'AbortError'));
    stop?.addEventListener('abort', () => x.abort());
    x.send(file);
  });
}

export const get = <T>(path: string, query?: Query): Promise<T> =>
  call<T>('GET', path, query ? { query } : {});

/** While the server does not answer, asks once in a while whether it does again. */
export function watchServer(again: () => void): () => void {
  let wait = 1000;
  let timer = 0;
  const ask = async () => {
    try {
      const r = await fetch('/healthz', { cache: 'no-store' });
      if (!r.ok) throw new Error();
      reachable.value = true;
      wait = 1000;
      again();
    } catch {
      wait = Math.min(wait * 2, 15000);
      timer = window.setTimeout(ask, wait);
    }
  };
  const stop = reachable.subscribe((up) => {
    window.clearTimeout(timer);
    if (!up) timer = window.setTimeout(ask, wait);
  });
  return () => {
    window.clearTimeout(timer);
    stop();
  };
}
