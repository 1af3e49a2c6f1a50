// admin.tsx - administration: people and roles, tokens, jobs, store, settings, the server itself.
// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import type { Job } from '../base/job';
import { outdate, useResource } from '../base/resource';
import { href, query, setQuery } from '../base/router';
import { showDate, showTime } from '../base/time';
import { RefLink } from '../records/values';
import { docText, type Key, showNumber, t, valueLabel } from '../text/text';
import { Button, Card, Dialog, Doc, Loading, Page, ProblemNote, say, Tabs } from '../ui/basics';
import { Status } from '../ui/status';
import { SignInOf } from './account';
import { Settings } from './admin_settings';
import { Store } from './admin_store';
import { can } from './session';

interface Role {
  name: string;
  doc: string;
  capabilities: string[];
}
interface About {
  version: string;
  origin: string;
  vkey: string;
  roles: Role[];
  capabilities: { name: string; doc: string }[];
}
interface Account {
  id: number;
  name: string;
  role: string;
  person?: number;
  valid_until: string | null;
  created_at: string | null;
  disabled: boolean;
  has_password: boolean;
}
interface Token {
  id: number;
  name: string;
  capabilities: string[];
  expires_at: string | null;
  last_used_at: string | null;
  revoked: boolean;
}

/** Runs an act and keeps what was refused. */
function useAct() {
  const [problem, setProblem] = useState<Problem>();
  const act = async (fn: () => Promise<unknown>, stale: string) => {
    setProblem(undefined);
    try {
      await fn();
      outdate((p) => p.startsWith(stale));
      return true;
    } catch (x) {
      if (!(x instanceof Problem)) throw x;
      setProblem(x);
      return false;
    }
  };
  return { problem, act };
}

/** Something that is shown once and must be taken along now. */
function Once({ title, text, onClose }: { title: string; text: string; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{t('shown_once')}</p>
      <p class="row"><code class="secret">{text}</code> <Button onClick={() => void navigator.clipboard?.writeText(text).then(() => say(t('copied')))}>{t('copy')}</Button></p>
    </Dialog>
  );
}

const isoEnd = (day: string) => (day ? new Date(`${day}T23:59:59`).toISOString() : undefined);

function NewAccount({ roles, onMade }: { roles: Role[]; onMade: (link: string) => void }) {
  const { problem, act } = useAct();
  const [role, setRole] = useState('engineer');
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const body = { name: data.get('name'), role, valid_until: isoEnd(String(data.get('until') ?? '')) };
    await act(async () => {
      const made = await call<{ link: string }>('POST', '/accounts', { body });
      onMade(location.origin + made.link);
      form.reset();
    }, '/accounts');
  };
  return (
    <form class="stack" onSubmit={(e) => void submit(e)}>
      <div class="fields">
        <label>{t('account')}<input name="name" required maxLength={60} autocapitalize="none" autocomplete="off" /></label>
        <label>{t('role')}
          <select name="role" value={role} onChange={(e) => setRole(e.currentTarget.value)}>{roles.map((r) => <option key={r.name} value={r.name}>{valueLabel(r.name)}</option>)}</select>
          <span class="hint"><Doc text={roles.find((r) => r.name === role)?.doc ?? ''} /></span>
        </label>
        <label>{t('until')}<input name="until" type="date" required={role === 'auditor'} /></label>
      </div>
      <ProblemNote problem={problem} />
      <div><Button type="submit" tone="main" icon="add">{t('add_account')}</Button></div>
    </form>
  );
}

/** Whose account it is: an approval is a person's. It can be given to another person, never to nobody. */
function PersonOf({ account, onPick }: { account: Account; onPick: (name: string) => void }) {
  const { value } = useResource<{ items: { id: number; name: string }[] }>('/people?limit=500');
  const people = value?.items ?? [];
  const bound = people.find((p) => p.id === account.person);
  return (
    <select aria-label={`${t('person')}: ${account.name}`} value={bound?.name ?? ''} onChange={(e) => e.currentTarget.value && onPick(e.currentTarget.value)}>
      {!bound && <option value="">{account.person ? `#${account.person}` : '–'}</option>}
      {people.map((p) => <option key={p.id} value={p.name}>{p.name}</option>)}
    </select>
  );
}

function EndOf({ account, onPick }: { account: Account; onPick: (at: string) => void }) {
  const day = account.valid_until ? new Date(account.valid_until).toLocaleDateString('sv') : ''; // YYYY-MM-DD in the person's zone
  const pick = (text: string) => {
    const at = isoEnd(text);
    if (at && text !== day) onPick(at);
  };
  /* A date is typed piece by piece: it is taken when the field is left. */
  return <input key={day} type="date" aria-label={`${t('until')}: ${account.name}`} defaultValue={day} onBlur={(e) => pick(e.currentTarget.value)} />;
}

function Accounts({ about }: { about: About }) {
  const { value, problem } = useResource<{ items: Account[] }>('/accounts');
  const [link, setLink] = useState('');
  const { problem: refused, act } = useAct();
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const change = (a: Account, body: object) => act(() => call('PATCH', `/accounts/${encodeURIComponent(a.name)}`, { body }), '/accounts');
  return (
    <>
      <Card wide title={t('accounts')}>
        <ProblemNote problem={refused} />
        <div class="scroll" tabIndex={0} role="region" aria-label={t('accounts')}>
          <table class="stacked">
            <thead><tr><th>{t('account')}</th><th>{t('role')}</th><th>{t('person')}</th><th>{t('until')}</th><th>{t('state')}</th><th><span class="hidden">{t('act')}</span></th></tr></thead>
            <tbody>
              {value.items.map((a) => (
                <tr key={a.id}>
                  <th scope="row">{a.name}</th>
                  <td data-label={t('role')}><select aria-label={`${t('role')}: ${a.name}`} value={a.role} onChange={(e) => void change(a, { role: e.currentTarget.value })}>
                    {about.roles.map((r) => <option key={r.name} value={r.name}>{valueLabel(r.name)}</option>)}
                  </select></td>
                  <td data-label={t('person')}><PersonOf account={a} onPick={(person) => void change(a, { person })} /></td>
                  <td data-label={t('until')}><EndOf account={a} onPick={(valid_until) => void change(a, { valid_until })} /></td>
                  <td data-label={t('state')}>{a.disabled ? <Status value="withdrawn" /> : a.has_password ? t('active') : t('no_password_yet')}</td>
                  <td><div class="row">
                    <Button onClick={() => void act(async () => setLink(location.origin + (await call<{ link: string }>('POST', `/accounts/${encodeURIComponent(a.name)}/reset`)).link), '/accounts')}>{t('reset')}</Button>
                    <SignInOf name={a.name} />
                    <Button tone={a.disabled ? 'plain' : 'danger'} onClick={() => void change(a, { disabled: !a.disabled })}>{a.disabled ? t('let_in') : t('shut_off')}</Button>
                  </div></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <Card wide title={t('add_account')}><NewAccount roles={about.roles} onMade={setLink} /></Card>
      <Card wide title={t('roles')}>
        <div class="scroll" tabIndex={0} role="region" aria-label={t('roles')}>
          <table>
            <thead><tr><th>{t('role')}</th>{about.capabilities.map((c) => <th key={c.name} title={docText(c.doc) ?? c.doc}>{valueLabel(c.name)}</th>)}</tr></thead>
            <tbody>{about.roles.map((r) => (
              <tr key={r.name}><th scope="row">{valueLabel(r.name)} <span class="hint"><Doc text={r.doc} /></span></th>
                {about.capabilities.map((c) => <td key={c.name}>{r.capabilities.includes(c.name) ? '✓' : '–'}</td>)}</tr>
            ))}</tbody>
          </table>
        </div>
      </Card>
      {link && <Once title={t('link_for_password')} text={link} onClose={() => setLink('')} />}
    </>
  );
}

function Tokens({ about }: { about: About }) {
  const { value, problem } = useResource<{ items: Token[] }>('/tokens');
  const [secret, setSecret] = useState('');
  const { problem: refused, act } = useAct();
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const body = { name: data.get('name'), capabilities: data.getAll('can'), expires_at: isoEnd(String(data.get('until') ?? '')) };
    await act(async () => {
      setSecret((await call<{ token: string }>('POST', '/tokens', { body })).token);
      form.reset();
    }, '/tokens');
  };
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const in90 = new Date(Date.now() + 90 * 86400e3).toISOString().slice(0, 10);
  return (
    <>
      <Card wide title={t('tokens')}>
        {value.items.length === 0 ? <p class="none">{t('no_tokens')}</p> : (
          <div class="scroll" tabIndex={0} role="region" aria-label={t('tokens')}>
            <table class="stacked">
              <thead><tr><th>{t('name')}</th><th>{t('may')}</th><th>{t('until')}</th><th>{t('last_used')}</th><th><span class="hidden">{t('act')}</span></th></tr></thead>
              <tbody>{value.items.map((x) => (
                <tr key={x.id}><th scope="row">{x.name}</th><td data-label={t('may')}>{x.capabilities.map(valueLabel).join(', ')}</td><td data-label={t('until')}>{x.expires_at ? showDate(x.expires_at) : '–'}</td>
                  <td data-label={t('last_used')}>{x.last_used_at ? showTime(x.last_used_at) : t('never')}</td>
                  <td>{x.revoked ? <Status value="withdrawn" /> : <Button tone="danger" onClick={() => void act(() => call('DELETE', `/tokens/${x.id}`), '/tokens')}>{t('revoke')}</Button>}</td></tr>
              ))}</tbody>
            </table>
          </div>
        )}
      </Card>
      <Card wide title={t('new_token')}>
        <form class="stack" onSubmit={(e) => void submit(e)}>
          <div class="fields">
            <label>{t('name')}<input name="name" required maxLength={100} /></label>
            <label>{t('until')}<input name="until" type="date" required defaultValue={in90} /></label>
          </div>
          <fieldset class="chips"><legend>{t('may')}</legend>
            {about.capabilities.filter((c) => can(c.name as 'read')).map((c) => <label key={c.name} class="check" title={docText(c.doc) ?? c.doc}><input type="checkbox" name="can" value={c.name} /> {valueLabel(c.name)}</label>)}
          </fieldset>
          <ProblemNote problem={refused} />
          <div><Button type="submit" tone="main" icon="add">{t('new_token')}</Button></div>
        </form>
      </Card>
      {secret && <Once title={t('new_token')} text={secret} onClose={() => setSecret('')} />}
    </>
  );
}

function Jobs() {
  const { value, problem } = useResource<{ items: Job[] }>('/jobs?limit=50');
  const running = !!value?.items.some((j) => j.state === 'running');
  useEffect(() => {
    if (!running) return undefined;
    const timer = window.setInterval(() => outdate((p) => p.startsWith('/jobs')), 1000);
    return () => window.clearInterval(timer);
  }, [running]);
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <Card wide title={t('jobs')}>
      {value.items.length === 0 ? <p class="none">{t('no_jobs')}</p> : (
        <ul class="plain-list">{value.items.map((j) => (
          <li key={j.id} class="row">
            <Status value={j.state} /> #{j.id} {valueLabel(j.kind)} {j.created_at && <span class="hint">{showTime(j.created_at)}</span>}
            {j.payload?.plan !== undefined && <RefLink plural="plans" id={j.payload.plan} />}
            {j.state === 'running' && <progress class="short" max={1} value={j.progress ?? 0} aria-label={`${t('progress')}: #${j.id}`} />}
            {j.result?.name && <code>{j.result.name}</code>}
            {j.result?.measurement !== undefined && <a href={href('measurements', j.result.measurement)}>{t('see_result')}</a>}
            {j.error && <span class="hint">{j.error.message}</span>}
            {['queued', 'running'].includes(j.state) && can(j.kind === 'backup' ? 'admin' : 'measure') && <Button icon="stop" onClick={() => void call('POST', `/jobs/${j.id}/cancel`)}>{t('stop')}</Button>}
          </li>
        ))}</ul>
      )}
    </Card>
  );
}

function Server({ about }: { about: About }) {
  const log = useResource<{ size: number; checkpoint: string }>('/log');
  return (
    <Card wide title={t('server')}>
      <dl class="members">
        <div><dt>{t('version')}</dt><dd>{about.version}</dd></div>
        <div><dt>{t('log_origin')}</dt><dd><code>{about.origin}</code></dd></div>
        <div><dt>{t('log_key')}</dt><dd><code>{about.vkey}</code></dd></div>
        <div><dt>{t('leaves')}</dt><dd>{log.value ? showNumber(log.value.size) : '–'}</dd></div>
      </dl>
    </Card>
  );
}

const TABS: { id: string; label: Key; show: ComponentType<{ about: About }>; admin?: boolean }[] = [
  { id: 'accounts', label: 'people_and_roles', show: Accounts, admin: true },
  { id: 'tokens', label: 'tokens', show: Tokens },
  { id: 'jobs', label: 'jobs', show: Jobs },
  { id: 'store', label: 'store_and_backup', show: Store, admin: true },
  { id: 'settings', label: 'settings', show: Settings, admin: true },
  { id: 'server', label: 'server', show: Server },
];

export function Administration() {
  const { value: about, problem } = useResource<About>('/about');
  const tabs = TABS.filter((x) => !x.admin || can('admin'));
  const tab = tabs.find((x) => x.id === query.value.get('tab')) ?? tabs[0];
  if (!about || !tab) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const Show = tab.show;
  return (
    <Page title={t('nav_admin')}>
      <Tabs at={tab.id} onPick={(id) => setQuery({ tab: id })} tabs={tabs.map((x) => ({ id: x.id, label: t(x.label) }))} />
      <Show about={about} />
    </Page>
  );
}
