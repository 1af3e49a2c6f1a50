// account.tsx - the own account: password, second factor, passkeys, sessions.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { addPasskey, passkeyTrouble } from '../base/passkey';
import { outdate, useResource } from '../base/resource';
import { showAgo, showDate, showExact, showTime } from '../base/time';
import { RefLink } from '../records/values';
import { t, tn, valueLabel } from '../text/text';
import { Button, Card, Dialog, Loading, Page, ProblemNote, say } from '../ui/basics';
import { type Tone, ToneMark } from '../ui/status';
import { lazy } from './lazy';
import { me } from './session';

interface Factors {
  totp: boolean;
  totp_since: string | null;
  recovery_codes: number;
}
interface Passkey {
  id: number;
  name: string;
  site: string;
  created_at: string;
  last_used_at: string | null;
}
interface Session {
  id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  means: 'password' | 'code' | 'recovery' | 'passkey' | null;
  current: boolean;
}

/** A form that acts: what was refused stands in it, what was typed stays until it worked. */
function Act({ label, tone, children, act }: {
  label: string; tone?: 'main' | 'danger'; children?: ComponentChildren; act: (text: (name: string) => string) => Promise<void>;
}) {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    setBusy(true);
    setProblem(undefined);
    try {
      await act((name) => String(data.get(name) ?? ''));
      form.reset();
    } catch (x) {
      if (!(x instanceof Problem)) throw x;
      setProblem(x);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="stack" onSubmit={(e) => void submit(e)}>
      {children}
      <ProblemNote problem={problem} />
      <div><Button type="submit" tone={tone ?? 'main'} busy={busy}>{label}</Button></div>
    </form>
  );
}

const Password = ({ name = 'password', label, fresh }: { name?: string; label?: string; fresh?: boolean }) => (
  <label>{label ?? t('password')}
    <input name={name} type="password" required minLength={fresh ? 10 : 1} autocomplete={fresh ? 'new-password' : 'current-password'} />
  </label>
);
const Code = ({ label }: { label: string }) => (
  <label>{label}<input name="code" required autocomplete="one-time-code" autocapitalize="characters" spellcheck={false} maxLength={60} /></label>
);

function State({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`status ${tone}`}><ToneMark tone={tone} />{children}</span>;
}

function ChangePassword() {
  return (
    <Card title={t('change_password')}>
      <Act label={t('change_password')} act={async (text) => {
        if (text('fresh') !== text('again')) throw new Problem(0, 'invalid', 'again', t('passwords_differ'), '');
        await call('POST', '/me/password', { body: { old: text('password'), password: text('fresh') } });
        outdate((p) => p.startsWith('/sessions'));
        say(t('password_changed'));
      }}>
        <Password label={t('password_old')} />
        <Password name="fresh" label={t('password_new')} fresh />
        <Password name="again" label={t('once_more')} fresh />
      </Act>
    </Card>
  );
}

/** Ten codes that are shown once. */
function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const text = codes.join('\n');
  return (
    <Dialog title={t('recovery_codes')} onClose={onClose}>
      <p>{t('recovery_text')} {t('shown_once')}</p>
      <ul class="codes" aria-label={t('recovery_codes')}>{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ul>
      <div class="row">
        <Button onClick={() => void navigator.clipboard?.writeText(text).then(() => say(t('copied')))}>{t('copy')}</Button>
        <Button tone="main" onClick={onClose}>{t('recovery_kept')}</Button>
      </div>
    </Dialog>
  );
}

const factorsChanged = () => outdate((p) => p.startsWith('/me/factors'));

const QrCode = lazy(async () => (await import('../ui/qr')).QrCode);

function Enrol({ onCodes }: { onCodes: (codes: string[]) => void }) {
  const [made, setMade] = useState<{ secret: string; uri: string }>();
  if (!made)
    return (
      <Act key="begin" label={t('totp_begin')} act={async (text) => setMade(await call('POST', '/me/totp', { body: { password: text('password') } }))}>
        <p>{t('totp_text')}</p>
        <Password />
      </Act>
    );
  return (
    <Act key="confirm" label={t('totp_confirm')} act={async (text) => {
      const r = await call<{ codes: string[] }>('POST', '/me/totp/confirm', { body: { code: text('code') } });
      onCodes(r.codes);
      factorsChanged();
    }}>
      <p>{t('totp_take')}</p>
      <div class="enrol">
        <QrCode text={made.uri} label={t('qr_code')} />
        <div class="stack">
          <div><strong id="totp-label">{t('totp_secret')}</strong> <code class="secret" id="totp-secret" aria-labelledby="totp-label">{made.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></div>
          <div><a href={made.uri}>{t('totp_uri')}</a></div>
        </div>
      </div>
      <p class="hint">{t('shown_once')}</p>
      <Code label={t('code_first')} />
    </Act>
  );
}

function SecondFactor() {
  const { value, problem } = useResource<Factors>('/me/factors');
  const [codes, setCodes] = useState<string[]>();
  const [open, setOpen] = useState<'codes' | 'off'>();
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const proof = (text: (name: string) => string) => ({ body: { password: text('password'), code: text('code') } });
  return (
    <Card title={t('second_factor')} actions={<State tone={value.totp ? 'good' : 'warn'}>{value.totp ? t('is_on') : t('is_off')}</State>}>
      {!value.totp && <Enrol onCodes={setCodes} />}
      {value.totp && (
        <div class="stack">
          <p>{t('totp_since', { at: value.totp_since ? showDate(value.totp_since) : '–' })}</p>
          <p><State tone={value.recovery_codes > 2 ? 'good' : 'warn'}>{tn('recovery_left', value.recovery_codes)}</State></p>
          <div class="row">
            <Button pressed={open === 'codes'} onClick={() => setOpen(open === 'codes' ? undefined : 'codes')}>{t('recovery_new')}</Button>
            <Button tone="danger" pressed={open === 'off'} onClick={() => setOpen(open === 'off' ? undefined : 'off')}>{t('turn_off')}</Button>
          </div>
          {open && (
            <Act key={open} tone={open === 'off' ? 'danger' : 'main'} label={open === 'off' ? t('turn_off_do') : t('recovery_new_do')} act={async (text) => {
              if (open === 'off') await call('POST', '/me/totp/off', proof(text));
              else setCodes((await call<{ codes: string[] }>('POST', '/me/recovery-codes', proof(text))).codes);
              setOpen(undefined);
              factorsChanged();
            }}>
              <Password />
              <Code label={t('code_any')} />
            </Act>
          )}
        </div>
      )}
      {codes && <Codes codes={codes} onClose={() => setCodes(undefined)} />}
    </Card>
  );
}

const passkeysChanged = () => outdate((p) => p.startsWith('/me/passkeys'));

function OnePasskey({ x }: { x: Passkey }) {
  const [edit, setEdit] = useState(false);
  const at = `/me/passkeys/${x.id}`;
  if (edit)
    return (
      <li>
        <Act label={t('rename')} act={async (text) => {
          await call('PATCH', at, { body: { name: text('name') } });
          setEdit(false);
          passkeysChanged();
        }}>
          <label>{t('name')}<input name="name" required maxLength={120} defaultValue={x.name} /></label>
        </Act>
      </li>
    );
  const remove = () => void call('DELETE', at).then(passkeysChanged, (p: Problem) => say(p.message, true));
  return (
    <li class="between">
      <span>
        <strong><bdi>{x.name}</bdi></strong> <span class="tag">{x.site}</span><br />
        <span class="hint">{t('last_used')}: {x.last_used_at ? showTime(x.last_used_at) : t('never')}</span>
      </span>
      <span class="row">
        <Button icon="edit" label={`${t('rename')}: ${x.name}`} onClick={() => setEdit(true)} />
        <Button icon="close" label={t('remove', { what: x.name })} onClick={remove} />
      </span>
    </li>
  );
}

/* On the loopback address the name is one click away. */
function NoPasskeys() {
  const trouble = passkeyTrouble();
  if (!trouble) return null;
  const local = /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);
  const named = `${location.protocol}//localhost${location.port ? `:${location.port}` : ''}`;
  return (
    <div class="note stack" id="no-passkeys">
      <p>{trouble === 'address' ? t('passkeys_no_address', { host: location.hostname }) : t(trouble === 'https' ? 'passkeys_no_https' : 'passkeys_no_browser')}</p>
      {trouble === 'address' && local && <p><a href={`${named}${location.pathname}`}>{t('passkeys_localhost', { host: named })}</a></p>}
    </div>
  );
}

function Passkeys() {
  const { value, problem } = useResource<{ items: Passkey[] }>('/me/passkeys');
  const [open, setOpen] = useState(false);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <Card title={t('passkeys')}>
      <div class="stack">
        <p>{t('passkeys_text')}</p>
        {value.items.length > 0 && <ul class="plain-list" id="passkeys">{value.items.map((x) => <OnePasskey key={x.id} x={x} />)}</ul>}
        <NoPasskeys />
        {!passkeyTrouble() && !open && <div><Button icon="add" onClick={() => setOpen(true)}>{t('passkey_add')}</Button></div>}
        {open && (
          <Act label={t('passkey_add')} act={async (text) => {
            await addPasskey(text('name'), text('password'), t('passkey_refused'));
            setOpen(false);
            passkeysChanged();
          }}>
            <label>{t('passkey_name')}<input name="name" required maxLength={120} autocomplete="off" /></label>
            <Password />
          </Act>
        )}
      </div>
    </Card>
  );
}

const MEANS = { password: 'means_password', code: 'means_code', recovery: 'means_recovery', passkey: 'means_passkey' } as const;

function SessionTable({ account }: { account?: string }) {
  const { value, problem } = useResource<{ items: Session[] }>(account ? `/sessions?account=${encodeURIComponent(account)}` : '/sessions');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  if (value.items.length === 0) return <p class="none">{t('no_sessions')}</p>;
  const end = (x: Session) => void call('DELETE', `/sessions/${x.id}`)
    .then(() => outdate((p) => p.startsWith('/sessions')), (p: Problem) => say(p.message, true));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t('sessions')}>
      <table class="sessions stacked">
        <thead><tr><th>{t('session_began')}</th><th>{t('session_by')}</th><th>{t('last_used')}</th><th>{t('until')}</th><th><span class="hidden">{t('act')}</span></th></tr></thead>
        <tbody>{value.items.map((x) => (
          <tr key={x.id}>
            <th scope="row">{showTime(x.created_at)} {x.current && <State tone="good">{t('session_this')}</State>}</th>
            <td data-label={t('session_by')}>{x.means ? t(MEANS[x.means]) : '–'}</td>
            <td data-label={t('last_used')} title={showExact(x.last_seen_at)}>{showAgo(x.last_seen_at)}</td>
            <td data-label={t('until')}>{showTime(x.expires_at)}</td>
            <td>{!x.current && <Button tone="danger" onClick={() => end(x)}>{t('session_end')}</Button>}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

/** What an administrator may do about how somebody else signs in. */
export function SignInOf({ name }: { name: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('sign_in')}</Button>
      {open && (
        <Dialog title={`${t('sign_in')}: ${name}`} onClose={() => setOpen(false)}>
          <div class="stack">
            <h3>{t('sessions')}</h3>
            <SessionTable account={name} />
            <h3>{t('forget_factors')}</h3>
            <Act tone="danger" label={t('forget_factors')} act={async () => {
              await call('DELETE', `/accounts/${encodeURIComponent(name)}/factors`);
              outdate((p) => p.startsWith('/sessions'));
              say(t('factors_forgotten'));
              setOpen(false);
            }}><p>{t('forget_factors_text', { who: name })}</p></Act>
          </div>
        </Dialog>
      )}
    </>
  );
}

export function MyAccount() {
  const who = me.value;
  if (!who) return <Loading />;
  return (
    <Page title={t('my_account')} lead={<>
      <bdi>{who.account}</bdi>{who.role && <> · {valueLabel(who.role)}</>}{who.person ? <> · <RefLink plural="people" id={who.person} /></> : null}
    </>}>
      <div class="cards">
        <SecondFactor />
        <Passkeys />
        <ChangePassword />
        <Card wide title={t('sessions')}>
          <p class="hint">{t('sessions_text')}</p>
          <SessionTable />
        </Card>
      </div>
    </Page>
  );
}
