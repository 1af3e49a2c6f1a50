// admin_settings.tsx - every setting with its value, where that comes from, and how it is changed.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { outdate, useResource } from '../base/resource';
import { href } from '../base/router';
import { showNumber, t, tn } from '../text/text';
import { Button, Card, Doc, Loading, ProblemNote, say } from '../ui/basics';

interface Setting {
  name: string;
  kind: 'start' | 'environment' | 'file' | 'live';
  value: string;
  default: string;
  source: 'default' | 'flag' | 'environment' | 'file' | 'store';
  doc: string;
  argument?: string;
  environment?: string;
  low?: number;
  high?: number;
}

const SOURCES = {
  default: 'setting_default', flag: 'setting_flag', environment: 'setting_environment', file: 'setting_file', store: 'setting_store',
} as const;

const range = (s: Setting) => (s.low === undefined || s.high === undefined ? '' : t('setting_range', { low: showNumber(s.low), high: showNumber(s.high) }));

function Value({ s }: { s: Setting }) {
  return (
    <p class="row">
      <strong class="value">{s.kind === 'file' ? tn('setting_lines', Number(s.value)) : s.value}</strong>
      <span class="tag">{t(SOURCES[s.source])}</span>
    </p>
  );
}

/** A number that counts from now on; the change is an act on the log. */
function Change({ s }: { s: Setting }) {
  const [text, setText] = useState(s.value);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await call('PATCH', `/settings/${s.name}`, { body: { value: text.trim() } });
      outdate((p) => p === '/settings');
      say(t('setting_changed', { name: s.name, value: text.trim() }));
    } catch (x) {
      if (!(x instanceof Problem)) throw x;
      setProblem(x);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="stack" onSubmit={(e) => void submit(e)} noValidate>
      <p class="row">
        <input name={s.name} inputMode="numeric" size={8} required maxLength={12} value={text} aria-label={s.name} aria-describedby={`doc-${s.name}`}
          onInput={(e) => setText(e.currentTarget.value)} />
        <Button type="submit" tone="main" busy={busy} disabled={text.trim() === s.value}>{t('save')}</Button>
        <span class="tag">{t(SOURCES[s.source])}</span>
      </p>
      <ProblemNote problem={problem} />
    </form>
  );
}

function One({ s }: { s: Setting }) {
  const given = s.source !== 'default';
  return (
    <li>
      <div>
        <h3><code>{s.name}</code></h3>
        <p id={`doc-${s.name}`}><Doc text={s.doc} /></p>
        <p class="hint">{[range(s), s.kind === 'file' ? '' : t('setting_default_is', { value: s.low === undefined ? s.default : showNumber(Number(s.default)) })].filter(Boolean).join(' · ')}</p>
      </div>
      <div>
        {s.kind === 'live' ? <Change key={s.value} s={s} /> : <Value s={s} />}
        {s.environment && <p><code>{s.environment}={s.source === 'environment' || s.source === 'flag' ? s.value : s.argument ?? 'yes'}</code></p>}
        {s.kind === 'start' && <p class="hint"><code>--{s.name}{s.argument ? ` ${s.argument}` : ''}</code>{given && s.source === 'flag' ? ` · ${t('setting_flag_wins')}` : ''}</p>}
      </div>
    </li>
  );
}

const GROUPS = [
  { kind: 'live', title: 'settings_live', text: 'settings_live_text' },
  { kind: 'start', title: 'settings_start', text: 'settings_start_text' },
  { kind: 'environment', title: 'settings_environment', text: 'settings_environment_text' },
  { kind: 'file', title: 'settings_file', text: 'settings_file_text' },
] as const;

export function Settings() {
  const { value, problem } = useResource<{ items: Setting[] }>('/settings');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <>
      {GROUPS.map((g) => (
        <Card key={g.kind} wide title={t(g.title)} actions={g.kind === 'live' ? <a href={`${href('log')}?act=setting.set`}>{t('setting_changes')}</a> : undefined}>
          <p class="hint">{t(g.text)}</p>
          <ul class="settings">{value.items.filter((s) => s.kind === g.kind).map((s) => <One key={s.name} s={s} />)}</ul>
        </Card>
      ))}
    </>
  );
}
