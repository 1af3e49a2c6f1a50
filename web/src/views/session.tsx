// session.tsx - who is here and what they may do; logging in without leaving the view.
// SPDX-License-Identifier: Apache-2.0

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call, get, loggedOut, Problem, setCsrf } from '../base/api';
import { dropAllDrafts } from '../base/draft';
import { logInByPasskey, passkeysWork } from '../base/passkey';
import { forgetAll, outdate } from '../base/resource';
import { go, moves, query } from '../base/router';
import { loadTypes } from '../records/types';
import { t } from '../text/text';
import { Button, ProblemNote } from '../ui/basics';
import { Icon } from '../ui/icon';

export type Capability = 'read' | 'edit' | 'approve' | 'measure' | 'audit' | 'admin';

export interface Me {
  account: string;
  role: string | null;
  /** Record of type person whose account it is. */
  person: number | null;
  capabilities: Capability[];
  csrf: string | null;
}

/** null: nobody; undefined: not asked yet. */
export const me = signal<Me | null | undefined>(undefined);
export const can = (what: Capability): boolean => !!me.value?.capabilities.includes(what);

export async function findMe(): Promise<void> {
  try {
    const who = await get<Me>('/sessions/me');
    setCsrf(who.csrf);
    await loadTypes();
    me.value = who;
  } catch (x) {
    if (!(x instanceof Problem)) throw x;
    if (x.status === 401) me.value = null;
    else throw x;
  }
}

export async function logOut(): Promise<void> {
  await call('DELETE', '/sessions/me').catch(() => undefined);
  setCsrf(null);
  dropAllDrafts();
  forgetAll();
  me.value = null;
  go('/');
}

function Door({ title, text, children }: { title: string; text?: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · aims`;
  }, [title]);
  return (
    <main class="door">
      <div class="door-card">
        <p class="brand"><Icon name="shield" size={28} /> aims</p>
        <h1>{title}</h1>
        {text && <p class="lead">{text}</p>}
        {children}
      </div>
    </main>
  );
}

function useSubmit(act: (form: FormData) => Promise<void>) {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await act(new FormData(e.currentTarget as HTMLFormElement));
    } catch (x) {
      if (x instanceof Problem) setProblem(x);
      else throw x;
    } finally {
      setBusy(false);
    }
  };
  return { problem, busy, submit };
}

export function LoginForm() {
  const [asked, setAsked] = useState(false);
  const inside = async () => {
    await findMe();
    moves.value++;
    outdate(() => true);
  };
  const { problem, busy, submit } = useSubmit(async (form) => {
    const code = String(form.get('code') ?? '');
    try {
      await call('POST', '/sessions', { body: { name: form.get('name'), password: form.get('password'), ...(code ? { code } : {}) } });
    } catch (x) {
      if (!(x instanceof Problem && x.code === 'second_factor')) throw x;
      setAsked(true);
      return;
    }
    await inside();
  });
  const passkey = useSubmit(async () => {
    await logInByPasskey(t('passkey_refused'));
    await inside();
  });
  return (
    <>
    <form class="stack" onSubmit={submit}>
      <label>{t('account')}<input name="name" autocomplete="username" autocapitalize="none" required autofocus /></label>
      <label>{t('password')}<input name="password" type="password" autocomplete="current-password" required /></label>
      {asked && (
        <label>{t('code_any')}
          <input name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck={false} required maxLength={60}
            ref={(el) => { if (el && !el.value && document.activeElement !== el) el.focus(); }} />
          <span class="hint">{t('code_text')}</span>
        </label>
      )}
      <ProblemNote problem={problem} />
      <Button type="submit" tone="main" busy={busy}>{t('log_in')}</Button>
    </form>
    {passkeysWork() && (
      <form class="stack" onSubmit={passkey.submit}>
        <ProblemNote problem={passkey.problem} />
        <Button type="submit" busy={passkey.busy}>{t('log_in_passkey')}</Button>
      </form>
    )}
    </>
  );
}

/* A one-time link has set the password of an account whose second factor is on. */
const codeNext = signal(false);

export function Login() {
  useEffect(() => () => { codeNext.value = false; }, []);
  return (
    <Door title={t('log_in')} text={t('log_in_text')}>
      {codeNext.value && <p class="note" role="status">{t('password_set_code')}</p>}
      <LoginForm />
    </Door>
  );
}

/** The first password, by the one-time code of the link. */
export function Setup() {
  const { problem, busy, submit } = useSubmit(async (form) => {
    if (form.get('password') !== form.get('again'))
      throw new Problem(0, 'invalid', 'again', t('passwords_differ'), '');
    try {
      await call('POST', '/sessions/redeem', { body: { code: query.value.get('code') ?? '', password: form.get('password') } });
      await findMe();
    } catch (x) {
      if (!(x instanceof Problem && x.code === 'second_factor')) throw x;
      me.value = null; /* the password is set; login asks for the code */
      codeNext.value = true;
    }
    go('/', true);
  });
  return (
    <Door title={t('set_password')} text={t('set_password_text')}>
      <form class="stack" onSubmit={submit}>
        <label>{t('password')}<input name="password" type="password" minLength={10} autocomplete="new-password" required autofocus /></label>
        <label>{t('once_more')}<input name="again" type="password" minLength={10} autocomplete="new-password" required /></label>
        <ProblemNote problem={problem} />
        <Button type="submit" tone="main" busy={busy}>{t('set_password_do')}</Button>
      </form>
    </Door>
  );
}

/** The session ended while somebody was at work: they log in on top of it and go on. */
export function LoginAgain() {
  const [seen, setSeen] = useState(loggedOut.value);
  const [account, setAccount] = useState(me.value?.account);
  useEffect(() => setAccount(me.value?.account), [me.value]);
  useEffect(() => me.subscribe(() => setSeen(loggedOut.value)), []);
  if (!account || loggedOut.value === seen) return null;
  return (
    <dialog class="cover" aria-label={t('session_ended')} onCancel={(e) => e.preventDefault()}
      ref={(el) => { if (el && !el.open) el.showModal(); }}>
      <div class="stack">
        <h2>{t('session_ended')}</h2>
        <p class="lead">{t('session_ended_text')}</p>
        <LoginForm />
      </div>
    </dialog>
  );
}
