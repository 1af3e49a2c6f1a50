// admin_store.tsx - what the data directory takes up, and its backups: making one, restoring one.
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'preact/hooks';
import { call, Problem } from '../base/api';
import { isOver, type Job, useJob } from '../base/job';
import { outdate, useResource } from '../base/resource';
import { href } from '../base/router';
import { showTime } from '../base/time';
import { showBytes, showNumber, t, typeLabels } from '../text/text';
import { Button, Card, Loading, ProblemNote, say } from '../ui/basics';
import { Status, type Tone, ToneMark } from '../ui/status';
import { typeByPlural } from '../records/types';

interface Storage {
  kind: 'sqlite' | 'postgresql';
  version: string;
  schema: number;
  path: string | null;
  bytes: number;
  wal_bytes: number;
  directory: string;
  records: { type: string; plural: string; count: number }[];
  jobs: number;
  accounts: number;
  leaves: number;
  log_bytes: number;
  log_files: number;
  files: number;
  file_bytes: number;
  disk_free: number;
  disk_size: number;
}
interface Backup {
  name: string;
  sha256: string;
  files: number;
  bytes: number;
  leaves: number;
  made_at: string;
}

/** A command for the machine itself, to take along. */
export function Command({ text }: { text: string }) {
  return (
    <p class="command">
      <code class="secret">{text}</code>
      <Button onClick={() => void navigator.clipboard?.writeText(text).then(() => say(t('copied')))}>{t('copy')}</Button>
    </p>
  );
}

/* Below this doctor warns, for then no act can be acknowledged. */
const SCARCE = 1 << 30;

function Disk({ s }: { s: Storage }) {
  const tone: Tone = s.disk_free < SCARCE ? 'bad' : s.disk_free < s.disk_size / 10 ? 'warn' : 'good';
  const words = t('disk_free', { free: showBytes(s.disk_free), size: showBytes(s.disk_size) });
  return (
    <Card title={t('disk')}>
      <p><span class={`status ${tone}`}><ToneMark tone={tone} />{words}</span></p>
      <meter class={tone} min={0} max={s.disk_size} value={s.disk_size - s.disk_free} aria-label={words} />
      <dl class="members">
        <div class="m-long"><dt>{t('data_directory')}</dt><dd><code>{s.directory}</code></dd></div>
      </dl>
    </Card>
  );
}

function Database({ s }: { s: Storage }) {
  return (
    <Card title={t('database')}>
      <dl class="members">
        <div><dt>{t('database_kind')}</dt><dd>{s.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'} {s.version}</dd></div>
        <div><dt>{t('database_schema')}</dt><dd>{s.schema}</dd></div>
        <div><dt>{t('size')}</dt><dd>{showBytes(s.bytes)}</dd></div>
        {s.kind === 'sqlite' && <div><dt>{t('database_wal')}</dt><dd>{showBytes(s.wal_bytes)}</dd></div>}
        {s.path && <div class="m-long"><dt>{t('file')}</dt><dd><code>{s.path}</code></dd></div>}
      </dl>
      {!s.path && <p class="hint">{t('database_elsewhere')}</p>}
    </Card>
  );
}

function Kept({ s }: { s: Storage }) {
  return (
    <Card title={t('log_and_files')}>
      <dl class="members">
        <div><dt>{t('leaves')}</dt><dd>{showNumber(s.leaves)}</dd></div>
        <div><dt>{t('log_tiles')}</dt><dd>{showNumber(s.log_files)} · {showBytes(s.log_bytes)}</dd></div>
        <div><dt>{t('stored_files')}</dt><dd>{showNumber(s.files)} · {showBytes(s.file_bytes)}</dd></div>
        <div><dt>{t('jobs')}</dt><dd>{showNumber(s.jobs)}</dd></div>
        <div><dt>{t('accounts')}</dt><dd>{showNumber(s.accounts)}</dd></div>
      </dl>
    </Card>
  );
}

function Records({ s }: { s: Storage }) {
  const all = s.records.reduce((n, r) => n + r.count, 0);
  return (
    <Card wide title={t('records_by_type')} actions={<span class="hint">{showNumber(all)}</span>}>
      <ul class="counts">{s.records.map((r) => (
        <li key={r.type}>
          <a href={href(r.plural)}>{typeLabels(typeByPlural(r.plural)?.title ?? r.plural, r.plural)}</a> <span class="number">{showNumber(r.count)}</span>
        </li>
      ))}</ul>
    </Card>
  );
}

/* The order of `aims backup` itself: the log first, then the database, then all the rest. */
function ByHand({ s }: { s: Storage }) {
  return (
    <Card wide title={t('backup')}>
      <div class="stack">
        <p>{t('backup_pg')}</p>
        <Command text={`mkdir -m 700 COPY && aims log export COPY/log --data ${s.directory}`} />
        <Command text={`pg_dump --format=custom --file=COPY/aims.dump "$(cat ${s.directory}/store)"`} />
        <Command text={`tar -C ${s.directory} --exclude=./lock --exclude=./log --exclude=./backups -cf - . | tar -C COPY -xpf -`} />
        <p>{t('restore_pg')}</p>
        <Command text={'pg_restore --no-owner --dbname="NEW_URL" COPY/aims.dump && rm COPY/aims.dump && echo "NEW_URL" > COPY/store'} />
        <Command text="aims log verify --data COPY && aims doctor --complete COPY" />
        <p class="hint">{t('restore_text')}</p>
      </div>
    </Card>
  );
}

function Make() {
  const [id, setId] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem>();
  const job = useJob(id, () => outdate((p) => p === '/backups' || p === '/storage'));
  const running = id !== null && !(job?.id === id && isOver(job));
  const start = async () => {
    setProblem(undefined);
    try {
      setId((await call<Job>('POST', '/backups', { key: crypto.randomUUID() })).id);
    } catch (x) {
      if (!(x instanceof Problem)) throw x;
      setProblem(x);
    }
  };
  return (
    <div class="stack" aria-live="polite">
      <p class="row">
        <Button tone="main" icon="run" busy={running} onClick={() => void start()}>{t('backup_make')}</Button>
        {running && job && <Button icon="stop" onClick={() => void call('POST', `/jobs/${id}/cancel`).catch(() => undefined)}>{t('stop')}</Button>}
        {job && <Status value={job.state} />}
        {job?.result?.name && <code>{job.result.name}</code>}
      </p>
      {running && <progress max={1} value={job?.progress ?? 0} aria-label={t('progress')} />}
      <ProblemNote problem={problem} />
      {job?.error && <ProblemNote problem={new Problem(0, job.error.code, job.error.path, job.error.message, job.error.hint)} />}
    </div>
  );
}

function Backups() {
  const { value, problem } = useResource<{ folder: string; items: Backup[] }>('/backups');
  if (!value) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  const newest = value.items[0];
  return (
    <Card wide title={t('backup')}>
      <div class="stack">
        <p>{t('backup_text')}</p>
        <dl class="members"><div class="m-long"><dt>{t('backup_folder')}</dt><dd><code>{value.folder}</code></dd></div></dl>
        <Make />
        {value.items.length === 0 && <p class="none">{t('no_backups')}</p>}
        {newest && (
          <>
            <div class="scroll" tabIndex={0} role="region" aria-label={t('backups')}>
              <table id="backups" class="stacked whole">
                <thead><tr><th>{t('name')}</th><th>{t('backup_made')}</th><th class="number">{t('leaves')}</th><th class="number">{t('files')}</th><th class="number">{t('size')}</th><th>SHA-256</th></tr></thead>
                <tbody>{value.items.map((b) => (
                  <tr key={b.name}><th scope="row"><code>{b.name}</code></th><td data-label={t('backup_made')}>{showTime(b.made_at)}</td><td data-label={t('leaves')} class="number">{showNumber(b.leaves)}</td>
                    <td data-label={t('files')} class="number">{showNumber(b.files)}</td><td data-label={t('size')} class="number">{showBytes(b.bytes)}</td><td data-label="SHA-256"><code title={b.sha256}>{b.sha256.slice(0, 16)}…</code></td></tr>
                ))}</tbody>
              </table>
            </div>
            <h3>{t('restore')}</h3>
            <p>{t('restore_text')}</p>
            <Command text={`cd ${value.folder}/${newest.name} && sha256sum -c SHA256SUMS && sha256sum SHA256SUMS`} />
            <Command text={`aims restore ${value.folder}/${newest.name} NEW_DIRECTORY`} />
          </>
        )}
      </div>
    </Card>
  );
}

export function Store() {
  const { value: s, problem } = useResource<Storage>('/storage');
  if (!s) return problem ? <ProblemNote problem={problem} /> : <Loading />;
  return (
    <div class="cards">
      <Disk s={s} />
      <Database s={s} />
      <Kept s={s} />
      {s.kind === 'sqlite' ? <Backups /> : <ByHand s={s} />}
      <Records s={s} />
    </div>
  );
}
